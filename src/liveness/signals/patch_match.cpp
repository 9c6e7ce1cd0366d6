#include "liveness/signals/patch_match.h"

#include <array>
#include <cmath>
#include <cstdint>

namespace facegate::liveness {
namespace {

constexpr int kSide = 2 * kPatchRadius + 1;
constexpr int kPixels = kSide * kSide;
constexpr int kSearch = 2 * kSearchRadius + 1;
constexpr double kMinDeviation = 4;
constexpr double kMinCorrelation = 0.8;
constexpr double kMinCurvature = 0.004;  // of the correlation, per pixel squared: an edge has next to none along itself
constexpr double kNotLookedAt = -2;

/// One patch against one image, remembering what was computed.
class PatchSearch {
public:
    PatchSearch(const cv::Mat& from, const cv::Mat& in, int x, int y) : in_(in), x_(x), y_(y) {
        std::int32_t sum = 0;
        std::int32_t squares = 0;
        for (int row = 0; row < kSide; ++row) {
            const auto* pixels = from.ptr<std::uint8_t>(y - kPatchRadius + row) + x - kPatchRadius;
            for (int column = 0; column < kSide; ++column) {
                patch_[static_cast<std::size_t>(row * kSide + column)] = pixels[column];
                sum += pixels[column];
                squares += pixels[column] * pixels[column];
            }
        }
        sum_ = sum;
        spread_ = std::sqrt(std::max(0.0, squares - double(sum) * sum / kPixels));
        known_.fill(kNotLookedAt);
    }

    [[nodiscard]] bool has_texture() const { return spread_ >= kMinDeviation * kSide; }

    /// Normalised cross-correlation at an offset within the search radius.
    double at(int dx, int dy) {
        double& known = known_[static_cast<std::size_t>((dy + kSearchRadius) * kSearch + dx + kSearchRadius)];
        if (known != kNotLookedAt) return known;
        std::int32_t both = 0;
        std::int32_t sum = 0;
        std::int32_t squares = 0;
        for (int row = 0; row < kSide; ++row) {
            const auto* pixels = in_.ptr<std::uint8_t>(y_ + dy - kPatchRadius + row) + x_ + dx - kPatchRadius;
            const std::uint8_t* patch = patch_.data() + row * kSide;
            for (int column = 0; column < kSide; ++column) {
                const std::int32_t value = pixels[column];
                both += value * patch[column];
                sum += value;
                squares += value * value;
            }
        }
        const double spread = std::sqrt(std::max(0.0, squares - double(sum) * sum / kPixels));
        known = spread > 0 ? (both - double(sum) * sum_ / kPixels) / (spread * spread_) : 0;
        return known;
    }

private:
    const cv::Mat& in_;
    int x_;
    int y_;
    std::array<std::uint8_t, kPixels> patch_{};
    double sum_ = 0;
    double spread_ = 0;
    std::array<double, static_cast<std::size_t>(kSearch* kSearch)> known_{};
};

/// The top of the paraboloid through the nine values around a place. The mixed term matters: a slanting ridge would
/// otherwise pull the top along itself.
std::optional<cv::Point2d> refined(PatchSearch& search, int x, int y) {
    const double best = search.at(x, y);
    const double left = search.at(x - 1, y);
    const double right = search.at(x + 1, y);
    const double above = search.at(x, y - 1);
    const double below = search.at(x, y + 1);
    const double across = 2 * best - left - right;
    const double down = 2 * best - above - below;
    const double mixed =
        (search.at(x + 1, y - 1) + search.at(x - 1, y + 1) - search.at(x + 1, y + 1) - search.at(x - 1, y - 1)) / 4;
    const double flattest = (across + down) / 2 - std::hypot((across - down) / 2, mixed);
    if (flattest < kMinCurvature) return std::nullopt;
    const double determinant = across * down - mixed * mixed;
    const double slope_x = (right - left) / 2;
    const double slope_y = (below - above) / 2;
    const cv::Point2d top((slope_x * down - slope_y * mixed) / determinant,
                          (slope_y * across - slope_x * mixed) / determinant);
    if (std::abs(top.x) > 1 || std::abs(top.y) > 1) return std::nullopt;
    return cv::Point2d(x + top.x, y + top.y);
}

}  // namespace

std::optional<cv::Point2d> match_patch(const cv::Mat& from, const cv::Mat& in, int x, int y) {
    PatchSearch search(from, in, x, y);
    if (!search.has_texture()) return std::nullopt;
    // Every second place first: the images are smooth enough for the peak to be wider than that.
    int best_x = 0;
    int best_y = 0;
    double best = kNotLookedAt;
    const auto look = [&](int dx, int dy) {
        const double value = search.at(dx, dy);
        if (value <= best) return;
        best = value;
        best_x = dx;
        best_y = dy;
    };
    for (int dy = -kSearchRadius; dy <= kSearchRadius; dy += 2) {
        for (int dx = -kSearchRadius; dx <= kSearchRadius; dx += 2) look(dx, dy);
    }
    const auto inside = [](int offset) { return offset > -kSearchRadius && offset < kSearchRadius; };
    for (int step = 0; step < 4; ++step) {
        if (!inside(best_x) || !inside(best_y)) return std::nullopt;
        const int from_x = best_x;
        const int from_y = best_y;
        for (int dy = -1; dy <= 1; ++dy) {
            for (int dx = -1; dx <= 1; ++dx) look(from_x + dx, from_y + dy);
        }
        if (best_x == from_x && best_y == from_y) break;
    }
    if (best < kMinCorrelation || !inside(best_x) || !inside(best_y)) return std::nullopt;
    return refined(search, best_x, best_y);
}

}  // namespace facegate::liveness
