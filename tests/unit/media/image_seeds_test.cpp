// The seeds of the fuzz target for images are drawn here: FACEGATE_UPDATE_SEEDS=1 writes them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "media/image_decoder.h"
#include "unit/media/image_encoders.h"

namespace facegate::media {
namespace {

using testing::encode_jpeg;
using testing::encode_png;
using testing::JpegOptions;
using testing::PngOptions;
using testing::test_card;

const std::filesystem::path kSeeds = FACEGATE_TEST_DATA "/../fuzz/corpus/fuzz_image";

struct Seed {
    std::string name;
    Bytes bytes;
};

std::vector<Seed> jpeg_seeds() {
    using Colour = JpegOptions::Colour;
    std::vector<Seed> seeds;
    const std::pair<const char*, Colour> colours[] = {{"rgb", Colour::kRgb},
                                                      {"grey", Colour::kGrey},
                                                      {"cmyk_adobe", Colour::kCmykAdobe},
                                                      {"cmyk_plain", Colour::kCmykPlain},
                                                      {"ycck", Colour::kYcck}};
    for (const auto& [name, colour] : colours) {
        for (const bool progressive : {false, true}) {
            JpegOptions options;
            options.colour = colour;
            options.progressive = progressive;
            options.quality = 60;
            seeds.push_back({std::string(name) + (progressive ? "_progressive.jpg" : ".jpg"),
                             encode_jpeg(progressive ? test_card(17, 9) : test_card(16, 16), options)});
        }
    }
    for (int orientation = 1; orientation <= 8; ++orientation) {
        JpegOptions options;
        options.orientation = orientation;
        options.big_endian_exif = orientation % 2 == 0;
        options.quality = 60;
        seeds.push_back(
            {"orientation_" + std::to_string(orientation) + ".jpg", encode_jpeg(test_card(8, 12), options)});
    }
    return seeds;
}

std::vector<Seed> png_seeds() {
    using Kind = PngOptions::Kind;
    std::vector<Seed> seeds;
    const std::pair<const char*, Kind> kinds[] = {
        {"rgb8", Kind::kRgb8},     {"rgb16", Kind::kRgb16},
        {"grey8", Kind::kGrey8},   {"grey16", Kind::kGrey16},
        {"grey1", Kind::kGrey1},   {"palette", Kind::kPalette},
        {"rgba8", Kind::kRgba8},   {"palette_transparent", Kind::kPaletteTransparent},
        {"rgba16", Kind::kRgba16}, {"grey_alpha", Kind::kGreyAlpha},
    };
    for (const auto& [name, kind] : kinds) {
        for (const bool interlaced : {false, true}) {
            PngOptions options;
            options.kind = kind;
            options.interlaced = interlaced;
            options.alpha = 128;
            seeds.push_back({std::string(name) + (interlaced ? "_interlaced.png" : ".png"),
                             encode_png(interlaced ? test_card(11, 9) : test_card(8, 8), options)});
        }
    }
    PngOptions turned;
    turned.orientation = 6;
    seeds.push_back({"orientation_6.png", encode_png(test_card(8, 12), turned)});
    seeds.push_back({"text.png", testing::with_png_chunk(encode_png(test_card(32, 32)), "tEXt",
                                                         as_bytes(std::string_view("Title\0Card", 10)))});
    return seeds;
}

TEST(ImageSeeds, AreImagesOfEveryKind) {
    std::vector<Seed> seeds = jpeg_seeds();
    for (Seed& seed : png_seeds()) seeds.push_back(std::move(seed));
    const char* update = std::getenv("FACEGATE_UPDATE_SEEDS");
    const bool writing = update != nullptr && std::string_view(update) == "1";
    if (writing) std::filesystem::create_directories(kSeeds);
    for (const Seed& seed : seeds) {
        SCOPED_TRACE(seed.name);
        const std::filesystem::path path = kSeeds / seed.name;
        if (writing) {
            std::ofstream(path, std::ios::binary)
                .write(reinterpret_cast<const char*>(seed.bytes.data()), std::ssize(seed.bytes));
        }
        std::ifstream file(path, std::ios::binary);
        ASSERT_TRUE(file) << path << " is missing; run this test with FACEGATE_UPDATE_SEEDS=1";
        const std::string stored{std::istreambuf_iterator<char>(file), {}};
        EXPECT_LT(stored.size(), 8192U);
        const auto image = decode_image(as_bytes(stored));
        ASSERT_TRUE(image) << image.error().message;
        const Image drawn = decode_image(seed.bytes).value();
        EXPECT_EQ(image->width, drawn.width);
        EXPECT_EQ(image->height, drawn.height);
    }
}

}  // namespace
}  // namespace facegate::media
