#include "media/jpeg_encoder.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "media/image_decoder.h"
#include "unit/media/image_encoders.h"

namespace facegate::media::testing {
namespace {

TEST(JpegEncoder, KeepsThePictureNearlyAsItIs) {
    const Image card = test_card(96, 64);
    const Bytes fine = media::encode_jpeg(card, 95);
    EXPECT_LT(media::encode_jpeg(card, 10).size(), fine.size());
    const auto decoded = decode_image(fine);
    ASSERT_TRUE(decoded) << decoded.error().message;
    ASSERT_EQ(decoded->width, 96);
    ASSERT_EQ(decoded->height, 64);
    double difference = 0;
    for (std::size_t i = 0; i < card.pixels.size(); ++i) difference += std::abs(card.pixels[i] - decoded->pixels[i]);
    EXPECT_LT(difference / static_cast<double>(card.pixels.size()), 6);
}

TEST(JpegEncoder, RefusesWhatTheFormatCannotHold) {
    EXPECT_THROW((void)media::encode_jpeg(Image{}, 90), std::runtime_error);
    Image wide{70'000, 1, {}};
    wide.pixels.resize(std::size_t{70'000} * 3);
    EXPECT_THROW((void)media::encode_jpeg(wide, 90), std::runtime_error);
}

}  // namespace
}  // namespace facegate::media::testing
