#include "media/exif.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/media/image_encoders.h"

namespace facegate::media {
namespace {

using testing::tiff_with_orientation;

TEST(Exif, ReadsBothByteOrders) {
    for (const bool big_endian : {false, true}) {
        for (int value = 1; value <= 8; ++value) {
            EXPECT_EQ(tiff_orientation(tiff_with_orientation(value, big_endian)), value);
        }
        EXPECT_EQ(tiff_orientation(tiff_with_orientation(9, big_endian)), 1);
    }
}

TEST(Exif, FindsTheEntryAmongOthers) {
    // Big-endian; two entries of which the second is the orientation.
    const Bytes tiff = {'M', 'M', 0, 42,   0,    0, 0, 8, 0, 2, 0x01, 0x0F, 0, 2, 0, 0, 0, 1, 0,
                        6,   0,   0, 0x01, 0x12, 0, 3, 0, 0, 0, 1,    0,    7, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(tiff_orientation(tiff), 7);
}

TEST(Exif, IsUprightWhenTheDirectoryLiesOutside) {
    Bytes tiff = tiff_with_orientation(6, true);
    for (const std::uint8_t offset : {std::uint8_t{26}, std::uint8_t{255}}) {
        tiff[7] = offset;
        EXPECT_EQ(tiff_orientation(tiff), 1);
    }
    tiff[4] = 0xFF;
    EXPECT_EQ(tiff_orientation(tiff), 1);
}

TEST(Exif, NeverReadsPastACutBlock) {
    const Bytes whole = tiff_with_orientation(6, false);
    for (std::size_t size = 0; size < 20; ++size) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(tiff_orientation(cut), 1) << size;
    }
}

TEST(Exif, SurvivesNoise) {
    std::mt19937 random(3);
    for (int round = 0; round < 5000; ++round) {
        Bytes noise(random() % 64);
        for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
        if (noise.size() > 4) {
            noise[0] = 0xFF;
            noise[1] = 0xD8;
            noise[2] = 0xFF;
        }
        const int orientation = jpeg_orientation(noise);
        EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
}

}  // namespace
}  // namespace facegate::media
