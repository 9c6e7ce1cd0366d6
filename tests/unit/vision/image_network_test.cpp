#include "vision/image_network.h"

#include <gtest/gtest.h>

namespace facegate::vision {
namespace {

/// Every channel with a mean and a scale of its own.
ImageNetwork network_of(ChannelOrder order) {
    return ImageNetwork({"input", 2, order, {10, 20, 30}, {1, 0.5F, 0.25F}}, nullptr);
}

/// Two rows of two pixels, no number twice.
cv::Mat chip() {
    return (cv::Mat_<cv::Vec3b>(2, 2) << cv::Vec3b(11, 12, 13), cv::Vec3b(21, 22, 23), cv::Vec3b(31, 32, 33),
            cv::Vec3b(41, 42, 43));
}

TEST(ImageNetwork, ScalesEachChannelInTheNetworksOrder) {
    const Tensor rgb = network_of(ChannelOrder::kRgb).prepare(chip());
    EXPECT_EQ(rgb.dims, (std::vector<std::int64_t>{1, 3, 2, 2}));
    EXPECT_EQ(rgb.values, (std::vector<float>{1, 11, 21, 31, -4, 1, 6, 11, -4.25F, -1.75F, 0.75F, 3.25F}));
    // Means and scales go with the network's channels: the first is blue now.
    const Tensor bgr = network_of(ChannelOrder::kBgr).prepare(chip());
    EXPECT_EQ(bgr.values, (std::vector<float>{3, 13, 23, 33, -4, 1, 6, 11, -4.75F, -2.25F, 0.25F, 2.75F}));
}

TEST(ImageNetwork, MirrorsRows) {
    const Tensor mirrored = network_of(ChannelOrder::kRgb).prepare(chip(), true);
    EXPECT_EQ(mirrored.values, (std::vector<float>{11, 1, 31, 21, 1, -4, 11, 6, -1.75F, -4.25F, 3.25F, 0.75F}));
}

TEST(ImageNetwork, RefusesChipsOfAnotherSize) {
    EXPECT_THROW(static_cast<void>(network_of(ChannelOrder::kRgb).prepare(cv::Mat(3, 3, CV_8UC3))), std::logic_error);
    EXPECT_THROW(static_cast<void>(network_of(ChannelOrder::kRgb).prepare(cv::Mat(2, 2, CV_8UC1))), std::logic_error);
}

}  // namespace
}  // namespace facegate::vision
