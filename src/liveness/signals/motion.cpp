#include "liveness/signals/motion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "liveness/signals/statistics.h"

namespace facegate::liveness {
namespace {

constexpr double kUnrestMs = 300;
constexpr double kShortestPeriodMs = 400;
constexpr double kLongestPeriodMs = 2500;
constexpr double kPeriodStepMs = 40;
constexpr double kNeighbourMs = 40;  // two times that count as one
constexpr double kCoarse = 3;        // standard deviation of the blur that takes shading away, pixels of the texture

double difference(const Texture& a, const Texture& b) {
    return 1 - a.detail.dot(b.detail);
}

/// Median difference of textures that are `apart_ms` apart; nothing if there are too few.
std::optional<double> usual_difference(std::span<const Texture> textures, double apart_ms) {
    std::vector<double> differences;
    std::size_t before = 0;
    for (const Texture& texture : textures) {
        const double wanted = texture.time_ms - apart_ms;
        while (before + 1 < textures.size() &&
               std::abs(textures[before + 1].time_ms - wanted) <= std::abs(textures[before].time_ms - wanted)) {
            ++before;
        }
        if (std::abs(textures[before].time_ms - wanted) <= kNeighbourMs) {
            differences.push_back(difference(texture, textures[before]));
        }
    }
    if (differences.size() < kMinTextures / 2) return std::nullopt;
    return median(std::move(differences));
}

const cv::Mat& inside_oval() {
    static const cv::Mat mask = [] {
        cv::Mat drawn = cv::Mat::zeros(Texture::kSide, Texture::kSide, CV_8U);
        constexpr int kMiddle = Texture::kSide / 2;
        cv::ellipse(drawn, {kMiddle, kMiddle}, {kMiddle, kMiddle}, 0, 0, 360, 255, cv::FILLED);
        return drawn;
    }();
    return mask;
}

double distance(vision::Point2 a, vision::Point2 b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

}  // namespace

Texture texture_of(const media::Image& image, const Oval& oval, double time_ms) {
    const cv::Rect frame(0, 0, image.width, image.height);
    const cv::Rect box =
        cv::Rect(oval.center_x - oval.width / 2, oval.center_y - oval.height / 2, oval.width, oval.height) & frame;
    Texture texture{time_ms, cv::Mat::zeros(Texture::kSide, Texture::kSide, CV_32F)};
    if (box.empty()) return texture;
    const cv::Mat pixels(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
    cv::Mat small;
    cv::resize(pixels(box), small, {Texture::kSide, Texture::kSide}, 0, 0, cv::INTER_AREA);
    cv::Mat grey;
    cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
    grey.convertTo(grey, CV_32F);
    cv::Mat coarse;
    cv::GaussianBlur(grey, coarse, {}, kCoarse);
    cv::Mat detail = grey - coarse;
    const cv::Mat& mask = inside_oval();
    detail -= cv::mean(detail, mask)[0];
    detail.setTo(0, ~mask);
    const double length = cv::norm(detail);
    if (length > 0) texture.detail = detail / length;
    return texture;
}

std::optional<FaceMotion> measure_motion(std::span<const Texture> textures) {
    if (textures.size() < kMinTextures) return std::nullopt;
    const auto unrest = usual_difference(textures, kUnrestMs);
    if (!unrest) return std::nullopt;
    FaceMotion motion;
    motion.samples = static_cast<int>(textures.size());
    motion.unrest = *unrest;
    std::vector<double> left;
    for (double period = kShortestPeriodMs; period <= kLongestPeriodMs; period += kPeriodStepMs) {
        if (const auto rest = usual_difference(textures, period)) left.push_back(*rest);
    }
    if (left.size() < 8) return motion;
    const double usual = median(left);
    motion.novelty = usual > 0 ? std::clamp(*std::ranges::min_element(left) / usual, 0.0, 1.0) : 0;
    return motion;
}

std::optional<double> fastest_movement(std::span<const FrameSample> samples) {
    constexpr double kShortestMs = 40;
    const FrameSample* before = nullptr;
    std::optional<double> fastest;
    for (const FrameSample& sample : samples) {
        if (sample.faces == 0) continue;
        if (before != nullptr) {
            const auto& now = sample.face.keypoints;
            const auto& then = before->face.keypoints;
            const double width = 2 * std::max(1.0, distance(now[0], now[1]));
            const double way = (distance(now[0], then[0]) + distance(now[1], then[1]) + distance(now[3], then[3])) / 3;
            const double seconds = std::max(sample.time_ms - before->time_ms, kShortestMs) / 1000;
            fastest = std::max(fastest.value_or(0), way / width / seconds);
        }
        before = &sample;
    }
    return fastest;
}

std::optional<BlinkCount> count_blinks(std::span<const FaceLook> looks) {
    constexpr double kClosed = 0.68;  // of the median
    constexpr double kOpen = 0.82;
    constexpr double kLongestMs =
        700;  // between two open samples; samples are a seventh to a quarter of a second apart
    std::vector<const FaceLook*> seen;
    std::vector<double> openness;
    for (const FaceLook& sample : looks) {
        if (!sample.eye_openness) continue;
        seen.push_back(&sample);
        openness.push_back(*sample.eye_openness);
    }
    if (seen.size() < static_cast<std::size_t>(kMinEyeSamples)) return std::nullopt;
    const double usual = std::max(median(openness), 1e-3);
    BlinkCount count;
    count.samples = static_cast<int>(seen.size());
    double open_at = -1;
    double lowest = 1;
    for (const FaceLook* sample : seen) {
        const double share = *sample->eye_openness / usual;
        if (share < kOpen) {
            lowest = std::min(lowest, share);
            continue;
        }
        if (open_at >= 0 && sample->time_ms - open_at <= kLongestMs) {
            count.deepest = std::min(count.deepest, lowest);
            if (lowest < kClosed) ++count.blinks;
        }
        open_at = sample->time_ms;
        lowest = 1;
    }
    return count;
}

}  // namespace facegate::liveness
