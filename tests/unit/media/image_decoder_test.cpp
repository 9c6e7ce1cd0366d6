#include "media/image_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <random>

#include "unit/media/image_encoders.h"

namespace facegate::media {
namespace {

using testing::encode_jpeg;
using testing::encode_png;
using testing::JpegOptions;
using testing::PngOptions;
using testing::test_card;
using testing::tiff_with_orientation;
using testing::with_png_chunk;

double mean_difference(const Image& a, const Image& b) {
    if (a.width != b.width || a.height != b.height || a.pixels.size() != b.pixels.size()) return 1e9;
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(int{a.pixels[i]} - int{b.pixels[i]});
    return sum / static_cast<double>(a.pixels.size());
}

Image grey_of(Image image) {
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        image.pixels[i + 1] = image.pixels[i + 2] = image.pixels[i];
    return image;
}

Image on_white(Image image, int alpha) {
    for (auto& value : image.pixels)
        value = static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
    return image;
}

/// The stored image a camera writes with that orientation so that it looks like `upright` when shown.
Image stored_for(const Image& upright, int orientation) {
    const bool turned = orientation >= 5;
    Image stored{turned ? upright.height : upright.width, turned ? upright.width : upright.height, {}};
    for (int y = 0; y < stored.height; ++y) {
        for (int x = 0; x < stored.width; ++x) {
            const int right = stored.width - 1 - x;
            const int below = stored.height - 1 - y;
            std::array<int, 2> at{x, y};
            switch (orientation) {
                case 2: at = {right, y}; break;      // row 0 on top, column 0 on the right
                case 3: at = {right, below}; break;  // bottom, right
                case 4: at = {x, below}; break;      // bottom, left
                case 5: at = {y, x}; break;          // row 0 left, column 0 on top
                case 6: at = {below, x}; break;      // right, top
                case 7: at = {below, right}; break;  // right, bottom
                case 8: at = {y, right}; break;      // left, bottom
                default: break;
            }
            const std::uint8_t* p = upright.at(at[0], at[1]);
            stored.pixels.insert(stored.pixels.end(), p, p + 3);
        }
    }
    return stored;
}

ErrorCode refusal(const Result<Image>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? ErrorCode::kInternalError : result.error().code;
}

TEST(ImageDecoder, ReadsEveryKindOfJpeg) {
    const Image card = test_card(61, 43);
    using Colour = JpegOptions::Colour;
    for (const bool progressive : {false, true}) {
        for (const auto colour : {Colour::kRgb, Colour::kGrey, Colour::kCmykAdobe, Colour::kCmykPlain, Colour::kYcck}) {
            SCOPED_TRACE(static_cast<int>(colour));
            const auto decoded = decode_image(encode_jpeg(card, {.colour = colour, .progressive = progressive}));
            ASSERT_TRUE(decoded) << decoded.error().message;
            EXPECT_LT(mean_difference(*decoded, colour == Colour::kGrey ? grey_of(card) : card), 4);
        }
    }
}

TEST(ImageDecoder, ReadsEveryKindOfPng) {
    const Image card = test_card(61, 43);
    using Kind = PngOptions::Kind;
    for (const bool interlaced : {false, true}) {
        const auto decoded = [&](Kind kind, int alpha = 255) {
            auto image = decode_image(
                encode_png(card, {.kind = kind, .interlaced = interlaced, .alpha = static_cast<std::uint8_t>(alpha)}));
            EXPECT_TRUE(image);
            return image.value_or(Image{});
        };
        EXPECT_EQ(mean_difference(decoded(Kind::kRgb8), card), 0);
        EXPECT_EQ(mean_difference(decoded(Kind::kRgb16), card), 0);
        EXPECT_EQ(mean_difference(decoded(Kind::kGrey8), grey_of(card)), 0);
        EXPECT_EQ(mean_difference(decoded(Kind::kGrey16), grey_of(card)), 0);
        EXPECT_LT(mean_difference(decoded(Kind::kGrey1), grey_of(card)), 20);
        EXPECT_LT(mean_difference(decoded(Kind::kPalette), card), 10);
        EXPECT_LT(mean_difference(decoded(Kind::kPaletteTransparent, 128), on_white(card, 128)), 5);
        EXPECT_LE(mean_difference(decoded(Kind::kRgba8, 100), on_white(card, 100)), 1);
        EXPECT_LE(mean_difference(decoded(Kind::kRgba16, 100), on_white(card, 100)), 1);
        EXPECT_LE(mean_difference(decoded(Kind::kGreyAlpha, 7), on_white(grey_of(card), 7)), 1);
        EXPECT_EQ(mean_difference(decoded(Kind::kRgba8, 0), on_white(card, 0)), 0) << "nothing visible is white";
    }
}

TEST(ImageDecoder, TurnsAllEightOrientationsUpright) {
    const Image card = test_card(64, 40);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        SCOPED_TRACE(orientation);
        const Image stored = stored_for(card, orientation);
        for (const bool big_endian : {false, true}) {
            const auto jpeg =
                decode_image(encode_jpeg(stored, {.orientation = orientation, .big_endian_exif = big_endian}));
            ASSERT_TRUE(jpeg);
            EXPECT_LT(mean_difference(*jpeg, card), 4);
        }
        const auto png = decode_image(encode_png(stored, {.orientation = orientation}));
        ASSERT_TRUE(png);
        EXPECT_EQ(mean_difference(*png, card), 0);
    }
}

TEST(ImageDecoder, IgnoresOrientationsThatDoNotExist) {
    const Image card = test_card(64, 40);
    for (const int orientation : {0, 9, 255}) {
        const auto image = decode_image(encode_jpeg(card, {.orientation = orientation}));
        ASSERT_TRUE(image);
        EXPECT_LT(mean_difference(*image, card), 4);
    }
}

TEST(ImageDecoder, TakesTheDefaultImageOfAnAnimation) {
    const Image card = test_card(20, 12);
    const std::uint8_t control[8] = {0, 0, 0, 2, 0, 0, 0, 0};
    const auto image = decode_image(with_png_chunk(encode_png(card), "acTL", control));
    ASSERT_TRUE(image);
    EXPECT_EQ(mean_difference(*image, card), 0);
}

TEST(ImageDecoder, RefusesWhatIsNeitherJpegNorPng) {
    for (const std::string_view text :
         {"", "\xFF\xD8", "GIF89a...........", "BM123456789", "RIFF1234WEBPVP8 ", "<svg/>"}) {
        EXPECT_EQ(refusal(decode_image(as_bytes(text))), ErrorCode::kInvalidImageFormat) << text;
    }
}

TEST(ImageDecoder, RefusesAFileCutAtAnyOffset) {
    const Image card = test_card(24, 17);
    const std::vector<Bytes> files = {
        encode_jpeg(card),
        encode_jpeg(card, {.progressive = true, .orientation = 6}),
        encode_jpeg(card, {.colour = JpegOptions::Colour::kYcck}),
        encode_png(card),
        encode_png(card, {.kind = PngOptions::Kind::kRgba16, .interlaced = true, .orientation = 3}),
        encode_png(card, {.kind = PngOptions::Kind::kPaletteTransparent, .alpha = 9}),
    };
    for (const Bytes& file : files) {
        for (std::size_t size = 0; size < file.size(); ++size) {
            // A copy of its own, so that reading past the end is seen by the sanitizer.
            const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
            EXPECT_EQ(refusal(decode_image(cut)), ErrorCode::kInvalidImageFormat) << size << " of " << file.size();
        }
    }
}

TEST(ImageDecoder, SurvivesDamageAnywhere) {
    std::mt19937 random(7);
    const Image card = test_card(24, 17);
    const std::vector<Bytes> files = {
        encode_jpeg(card, {.orientation = 8}),
        encode_jpeg(card, {.progressive = true}),
        encode_png(card, {.kind = PngOptions::Kind::kRgba8, .interlaced = true, .orientation = 5}),
    };
    for (const Bytes& file : files) {
        for (int round = 0; round < 3000; ++round) {
            Bytes damaged = file;
            for (int hits = 0; hits < 1 + round % 4; ++hits) {
                damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
            }
            const auto image = decode_image(damaged, {.max_pixels = 100'000});
            if (image) {
                EXPECT_EQ(image->pixels.size(), static_cast<std::size_t>(image->width * image->height) * 3);
            }
        }
    }
}

TEST(ImageDecoder, SurvivesNoiseBehindAGoodStart) {
    std::mt19937 random(11);
    for (int round = 0; round < 2000; ++round) {
        Bytes noise(random() % 400);
        for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
        const std::string_view start = round % 2 == 0 ? "\xFF\xD8\xFF\xE1" : "\x89PNG\r\n\x1A\n";
        noise.insert(noise.begin(), start.begin(), start.end());
        EXPECT_FALSE(decode_image(noise));
    }
}

TEST(ImageDecoder, RefusesTooManyPixelsByTheHeaderAlone) {
    Bytes png = encode_png(test_card(8, 8));
    Bytes header = {0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0};  // 10,000 x 10,000
    const Bytes start(png.begin(), png.begin() + 8);
    Bytes huge = start;
    huge.resize(33);  // signature and an IHDR to be filled in
    Bytes ihdr = {'I', 'H', 'D', 'R'};
    ihdr.insert(ihdr.end(), header.begin(), header.end());
    const auto crc = static_cast<std::uint32_t>(crc32(0, ihdr.data(), static_cast<uInt>(ihdr.size())));
    huge[11] = 13;
    std::copy(ihdr.begin(), ihdr.end(), huge.begin() + 12);
    for (std::size_t i = 0; i < 4; ++i) huge[29 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    huge.insert(huge.end(), png.begin() + 33, png.end());
    EXPECT_EQ(refusal(decode_image(huge)), ErrorCode::kImageTooLarge);

    Bytes jpeg = encode_jpeg(test_card(8, 8));
    const Bytes frame_marker = {0xFF, 0xC0};
    const auto frame = std::search(jpeg.begin(), jpeg.end(), frame_marker.begin(), frame_marker.end());
    ASSERT_NE(frame, jpeg.end());
    frame[5] = frame[7] = 0x27;
    frame[6] = frame[8] = 0x10;
    EXPECT_EQ(refusal(decode_image(jpeg)), ErrorCode::kImageTooLarge);
}

TEST(ImageDecoder, AcceptsExactlyTheLimit) {
    const Bytes png = encode_png(test_card(20, 10));
    EXPECT_TRUE(decode_image(png, {.max_pixels = 200}));
    EXPECT_EQ(refusal(decode_image(png, {.max_pixels = 199})), ErrorCode::kImageTooLarge);
}

TEST(ImageDecoder, RefusesAJpegOfTooManyScans) {
    const Image card = grey_of(test_card(64, 64));
    using Colour = JpegOptions::Colour;
    EXPECT_TRUE(decode_image(encode_jpeg(card, {.colour = Colour::kGrey, .scans = 90})));
    EXPECT_EQ(refusal(decode_image(encode_jpeg(card, {.colour = Colour::kGrey, .scans = 120}))),
              ErrorCode::kInvalidImageFormat);
}

TEST(ImageDecoder, SkipsTextAndProfilesThatUnpackToMuch) {
    const Image card = test_card(20, 12);
    Bytes unpacked(64u << 20);
    uLongf size = compressBound(static_cast<uLong>(unpacked.size()));
    Bytes packed(size);
    ASSERT_EQ(compress(packed.data(), &size, unpacked.data(), static_cast<uLong>(unpacked.size())), Z_OK);
    Bytes payload = {'b', 'o', 'm', 'b', 0, 0};
    payload.insert(payload.end(), packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    for (const char* name : {"zTXt", "iCCP"}) {
        Bytes png = encode_png(card);
        for (int copies = 0; copies < 20; ++copies) png = with_png_chunk(png, name, payload);
        const auto image = decode_image(png);
        ASSERT_TRUE(image) << name;
        EXPECT_EQ(mean_difference(*image, card), 0);
    }
}

TEST(ImageDecoder, ToleratesBytesAfterTheEnd) {
    const Image card = test_card(20, 12);
    for (Bytes file : {encode_jpeg(card), encode_png(card)}) {
        file.insert(file.end(), 100, 0x5A);
        EXPECT_TRUE(decode_image(file));
    }
}

}  // namespace
}  // namespace facegate::media
