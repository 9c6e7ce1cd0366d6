#include <gtest/gtest.h>

#include <algorithm>

#include "api/api_fixture.h"
#include "unit/media/image_encoders.h"

namespace facegate::testing {
namespace {

using media::testing::encode_jpeg;
using media::testing::encode_png;
using media::testing::JpegOptions;
using media::testing::PngOptions;

class Images : public ApiTest {
protected:
    Answer match(const Bytes& image) const { return post("/v1/match", json::object{{"image", base64(image)}}); }
    Answer match_text(const std::string& text) const { return post("/v1/match", json::object{{"image", text}}); }
    Answer enroll_photo(const Bytes& image) const {
        return post(client_, "/v1/enroll", photo_enrollment(client_, image));
    }
};

Bytes bytes_of(std::string_view text) {
    return Bytes(text.begin(), text.end());
}

/// Says in its header that it is that large; nothing behind it was changed.
Bytes jpeg_claiming(std::uint8_t high_byte_of_each_side) {
    Bytes jpeg = photo_of(Person::kBen);
    for (std::size_t i = 2; i + 9 < jpeg.size(); ++i) {
        if (jpeg[i] != 0xff || jpeg[i + 1] != 0xc0) continue;
        jpeg[i + 5] = jpeg[i + 7] = high_byte_of_each_side;
        return jpeg;
    }
    throw std::logic_error("no frame header");
}

TEST_F(Images, EveryKindOfJpegAndPngIsReadAndMatched) {
    const std::string user = enroll(client_, Person::kBen);
    enroll(client_, Person::kAda);
    const media::Image& ben = picture_of(Person::kBen);
    const auto jpeg = [&](JpegOptions::Colour colour, bool progressive = false) {
        JpegOptions options;
        options.colour = colour;
        options.progressive = progressive;
        return encode_jpeg(ben, options);
    };
    const auto png = [&](PngOptions::Kind kind, bool interlaced = false) {
        PngOptions options;
        options.kind = kind;
        options.interlaced = interlaced;
        return encode_png(ben, options);
    };
    using Colour = JpegOptions::Colour;
    using Kind = PngOptions::Kind;
    const std::vector<std::pair<const char*, Bytes>> kinds = {
        {"JPEG", jpeg(Colour::kRgb)},
        {"grey JPEG", jpeg(Colour::kGrey)},
        {"CMYK JPEG", jpeg(Colour::kCmykAdobe)},
        {"YCCK JPEG", jpeg(Colour::kYcck)},
        {"progressive JPEG", jpeg(Colour::kRgb, true)},
        {"PNG", png(Kind::kRgb8)},
        {"16-bit PNG", png(Kind::kRgb16)},
        {"grey PNG", png(Kind::kGrey8)},
        {"16-bit grey PNG", png(Kind::kGrey16)},
        {"palette PNG", png(Kind::kPalette)},
        {"interlaced PNG", png(Kind::kRgb8, true)},
        {"PNG with alpha", png(Kind::kRgba8)},
    };
    for (const auto& [name, image] : kinds) {
        SCOPED_TRACE(name);
        const Answer answer = match(image);
        EXPECT_EQ(answer.status, 200U) << answer;
        EXPECT_EQ(answer.at("/matched"), true) << answer;
        EXPECT_EQ(answer.text_at("/user/id"), user);
    }
}

TEST_F(Images, ExifOrientationApplies) {
    const std::string user = enroll(client_, Person::kBen);
    const media::Image sideways = turned_left(picture_of(Person::kBen));
    for (const bool big_endian : {false, true}) {
        JpegOptions options;
        options.orientation = 6;
        options.big_endian_exif = big_endian;
        const Answer answer = match(encode_jpeg(sideways, options));
        EXPECT_EQ(answer.text_at("/user/id"), user) << answer;
        EXPECT_GT(answer.number_at("/confidence"), 98);
    }
}

TEST_F(Images, AMatchAnswersAsTheContractSays) {
    const std::string user = enroll(client_, Person::kBen, {{"metadata", {{"shift", "night"}}}});
    const Answer found = match(photo_of(Person::kBen));
    EXPECT_EQ(found.members(), (std::vector<std::string>{"matched", "confidence", "user"}));
    EXPECT_EQ(
        found.at("/user"),
        (json::object{{"id", user}, {"name", "Ada Guard"}, {"role", "guard"}, {"metadata", {{"shift", "night"}}}}));
    EXPECT_GT(found.number_at("/confidence"), 98);
    EXPECT_EQ(match_text("data:image/jpeg;base64," + base64(photo_of(Person::kBen))).text_at("/user/id"), user);
    // By its bytes it is still a JPEG.
    EXPECT_EQ(match_text("data:image/png;base64," + base64(photo_of(Person::kBen))).text_at("/user/id"), user);

    const Answer stranger = match(photo_of(Person::kDan));
    EXPECT_EQ(stranger.status, 200U) << stranger;
    EXPECT_EQ(stranger.at("/matched"), false);
    EXPECT_TRUE(stranger.at("/user").is_null());
    EXPECT_EQ(std::fmod(stranger.number_at("/confidence"), 10), 0);
    EXPECT_LT(stranger.number_at("/confidence"), 95);
    // Nothing was issued for either.
    EXPECT_EQ(rows_in("sessions", client_.scope), 0);
}

TEST_F(Images, AnotherPhotoOfThePersonMatches) {
    const std::string user = enroll(client_, Person::kFridaNow);
    enroll(client_, Person::kAda);
    const Answer answer = match(photo_of(Person::kFridaThen));
    EXPECT_EQ(answer.text_at("/user/id"), user) << answer;
}

TEST_F(Images, TheLargestFaceOfAGroupIsMatched) {
    EXPECT_EQ(match(group_photo()).status, 200U);
}

TEST_F(Images, WhatIsNoImageIsRefused) {
    const Bytes& jpeg = photo_of(Person::kBen);
    const Bytes png = encode_png(picture_of(Person::kBen));
    const auto half = [](const Bytes& image) {
        return Bytes(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(image.size() / 2));
    };
    const std::string text = base64(jpeg);
    struct Case {
        const char* name;
        std::string image;
    };
    const std::vector<Case> cases = {
        {"GIF", base64(bytes_of("GIF89a\x01\x01"))},
        {"WebP", base64(bytes_of("RIFF____WEBPVP8 "))},
        {"BMP", base64(bytes_of("BM______________"))},
        {"SVG", base64(bytes_of("<svg xmlns='http://www.w3.org/2000/svg'/>"))},
        {"half a JPEG", base64(half(jpeg))},
        {"half a PNG", base64(half(png))},
        {"the first bytes of a JPEG", base64({0xff, 0xd8, 0xff, 0xe0})},
        {"the first bytes of a PNG", base64({0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a})},
        {"a broken character", "%" + text},
        {"a line break", text.substr(0, 76) + "\n" + text.substr(76)},
        {"no padding", base64({0xff, 0xd8, 0xff, 0xe0}).substr(0, 6)},
        {"base64url", "_9j_4AAQSkZJRg=="},
        {"a data URL of a GIF", "data:image/gif;base64," + text},
        {"a data URL of a WebP", "data:image/webp;base64," + text},
        {"a data URL without base64", "data:image/jpeg," + text},
        {"an empty data URL", "data:image/jpeg;base64,"},
        {"a URL", "https://example.com/face.jpg"},
    };
    for (const Case& one : cases) {
        SCOPED_TRACE(one.name);
        EXPECT_TRUE(is_error(match_text(one.image), 400, "INVALID_IMAGE_FORMAT"));
        EXPECT_TRUE(
            is_error(post("/v1/detect-attributes", json::object{{"image", one.image}}), 400, "INVALID_IMAGE_FORMAT"));
        json::object body = photo_enrollment(client_, {});
        body["face_image"] = one.image;
        EXPECT_TRUE(is_error(post("/v1/enroll", body), 400, "INVALID_IMAGE_FORMAT"));
    }
    EXPECT_TRUE(is_error(match_text(""), 400, "Validation failed"));
    EXPECT_EQ(rows_in("users", client_.scope), 0);
}

TEST_F(Images, TooManyPixelsAreRefusedByTheHeader) {
    EXPECT_TRUE(is_error(match(jpeg_claiming(0xff)), 413, "IMAGE_TOO_LARGE"));
    EXPECT_TRUE(is_error(enroll_photo(jpeg_claiming(0xff)), 413, "IMAGE_TOO_LARGE"));
    const json::object claim{{"image", base64(jpeg_claiming(0xff))}};
    EXPECT_TRUE(is_error(post("/v1/detect-attributes", claim), 413, "IMAGE_TOO_LARGE"));
}

TEST_F(Images, WithoutAFace) {
    const media::Image card = media::testing::test_card(320, 240);
    for (const Bytes& image : {encode_jpeg(card), encode_png(card), encode_png(media::Image{1, 1, {9, 9, 9}})}) {
        EXPECT_TRUE(is_error(match(image), 422, "NO_FACE_DETECTED"));
        EXPECT_TRUE(is_error(enroll_photo(image), 422, "NO_FACE_DETECTED"));
    }
}

TEST_F(Images, EnrollmentIsForOneClearFace) {
    EXPECT_TRUE(is_error(enroll_photo(group_photo()), 422, "MULTIPLE_FACES"));

    const media::Image& ben = picture_of(Person::kBen);
    media::Image dark = ben;
    for (std::uint8_t& value : dark.pixels) value = static_cast<std::uint8_t>(value / 8);
    const std::vector<std::pair<const char*, media::Image>> poor = {
        {"blurred", blurred(ben, 8)}, {"small", shrunk(ben, 4)}, {"dark", dark}};
    for (const auto& [name, image] : poor) {
        SCOPED_TRACE(name);
        const Answer answer = enroll_photo(encode_png(image));
        EXPECT_TRUE(is_error(answer, 422, "LOW_FACE_QUALITY"));
        ASSERT_TRUE(answer.at("/details/reasons").is_array()) << answer;
        EXPECT_GE(answer.at("/details/reasons").as_array().size(), 1U);
    }
    EXPECT_EQ(rows_in("users", client_.scope), 0);
    EXPECT_EQ(enroll_photo(photo_of(Person::kBen)).status, 201U);
}

TEST_F(Images, NothingOfAnImageIsStored) {
    const Answer answer = enroll_photo(photo_of(Person::kBen));
    ASSERT_EQ(answer.status, 201U) << answer;
    EXPECT_EQ(answer.members(), (std::vector<std::string>{"user_id", "enrollments"}));
    EXPECT_EQ(answer.members("/enrollments/0"), (std::vector<std::string>{"faceId", "angle", "confidence"}));
    EXPECT_TRUE(answer.text_at("/user_id").starts_with("user_"));
    EXPECT_TRUE(answer.text_at("/enrollments/0/faceId").starts_with("face_"));
    EXPECT_EQ(answer.text_at("/enrollments/0/angle"), "front");
    // The template is sealed: its bytes are not the vector's.
    const vision::FaceVector& face = vector_of(services().engines.current(), Person::kBen);
    const auto sealed = application().database().read(client_.scope, [](sql::TenantTx& tx) {
        return tx.query("SELECT sealed_template FROM faces WHERE tenant_id = $1 AND environment = $2").front().blob(0);
    });
    EXPECT_LT(sealed.size(), face.size() * sizeof(float) + 64);
    const auto* first = reinterpret_cast<const std::uint8_t*>(face.data());
    EXPECT_EQ(std::search(sealed.begin(), sealed.end(), first, first + 16), sealed.end());
}

}  // namespace
}  // namespace facegate::testing
