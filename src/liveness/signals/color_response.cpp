#include "liveness/signals/color_response.h"

#include <algorithm>
#include <cmath>

namespace facegate::liveness {
namespace {

constexpr double kLagStepMs = 20;
constexpr int kMinHalfFrames = 8;
constexpr double kMinCoverage = 0.8;  // of the sequence, by the samples at one lag
constexpr double kFlatTop = 0.02;     // correlations this close to a part's best are as good

Chroma operator+(Chroma a, Chroma b) {
    return {a.red_green + b.red_green, a.blue_yellow + b.blue_yellow};
}
Chroma operator-(Chroma a, Chroma b) {
    return {a.red_green - b.red_green, a.blue_yellow - b.blue_yellow};
}
Chroma operator*(Chroma a, double factor) {
    return {a.red_green * factor, a.blue_yellow * factor};
}
double dot(Chroma a, Chroma b) {
    return a.red_green * b.red_green + a.blue_yellow * b.blue_yellow;
}

Chroma chroma_of(const Rgb& rgb) {
    return chroma_of_light(rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0);
}

double end_of(const DisplayedColor& color) {
    return color.start_ms + color.step.downscroll_ms + color.step.flat_ms;
}

/// What the screen shows, as chroma over time.
class DisplayedSignal {
public:
    explicit DisplayedSignal(std::span<const DisplayedColor> colors) : colors_(colors) {}

    [[nodiscard]] double begin() const { return colors_.front().start_ms; }
    [[nodiscard]] double end() const { return end_of(colors_.back()); }

    [[nodiscard]] Chroma at(double time_ms) const {
        std::size_t i = colors_.size() - 1;
        while (i > 0 && colors_[i].start_ms > time_ms) --i;
        const Chroma current = chroma_of(colors_[i].step.rgb);
        const double scroll = colors_[i].step.downscroll_ms;
        const double shown = scroll > 0 ? std::clamp((time_ms - colors_[i].start_ms) / scroll, 0.0, 1.0) : 1.0;
        const Chroma previous = i > 0 ? chroma_of(colors_[i - 1].step.rgb) : Chroma{};
        return previous * (1 - shown) + current * shown;
    }

private:
    std::span<const DisplayedColor> colors_;
};

enum class Part { kSkin, kSurround };

struct Fit {
    int frames = 0;
    double correlation = 0;
    double gain = 0;
};

/// Correlation and regression of the samples that were lit between `from` and `until`, at one lag.
Fit fit_at(std::span<const ColorSample> samples, const DisplayedSignal& signal, double lag, double from, double until,
           Part part = Part::kSkin) {
    Chroma shown_sum;
    Chroma seen_sum;
    int frames = 0;
    double first = until;
    double last = from;
    for (const ColorSample& sample : samples) {
        const double time = sample.time_ms - lag;
        const Chroma* chroma = part == Part::kSkin ? &sample.skin : sample.surround ? &*sample.surround : nullptr;
        if (time < from || time > until || chroma == nullptr) continue;
        first = std::min(first, time);
        last = std::max(last, time);
        shown_sum = shown_sum + signal.at(time);
        seen_sum = seen_sum + *chroma;
        ++frames;
    }
    // A piece of the sequence fits many others.
    if (frames == 0 || last - first < kMinCoverage * (until - from)) return {};
    const Chroma shown_mean = shown_sum * (1.0 / frames);
    const Chroma seen_mean = seen_sum * (1.0 / frames);
    double both = 0;
    double shown_square = 0;
    double seen_square = 0;
    for (const ColorSample& sample : samples) {
        const double time = sample.time_ms - lag;
        const Chroma* chroma = part == Part::kSkin ? &sample.skin : sample.surround ? &*sample.surround : nullptr;
        if (time < from || time > until || chroma == nullptr) continue;
        const Chroma shown = signal.at(time) - shown_mean;
        const Chroma seen = *chroma - seen_mean;
        both += dot(shown, seen);
        shown_square += dot(shown, shown);
        seen_square += dot(seen, seen);
    }
    const double scale = std::sqrt(shown_square * seen_square);
    if (!(scale > 0)) return {frames, 0, 0};
    return {frames, both / scale, both / shown_square};
}

struct BestFit {
    Fit fit;
    double lag = 0;
};

std::optional<BestFit> best_fit(std::span<const ColorSample> samples, const DisplayedSignal& signal, double from,
                                double until, int min_frames) {
    std::optional<BestFit> best;
    for (double lag = kMinColorLagMs; lag <= kMaxColorLagMs; lag += kLagStepMs) {
        const Fit fit = fit_at(samples, signal, lag, from, until);
        if (fit.frames >= min_frames && (!best || fit.correlation > best->fit.correlation)) best = BestFit{fit, lag};
    }
    return best;
}

/// The lag nearest to `common` at which a part of the sequence fits about as well as it fits anywhere. A part has few
/// frames and its correlation a flat top, so its very best lag says little.
std::optional<double> lag_of_part(std::span<const ColorSample> samples, const DisplayedSignal& signal, double from,
                                  double until, double common) {
    const auto best = best_fit(samples, signal, from, until, kMinHalfFrames);
    if (!best) return std::nullopt;
    double nearest = best->lag;
    for (double lag = kMinColorLagMs; lag <= kMaxColorLagMs; lag += kLagStepMs) {
        const Fit fit = fit_at(samples, signal, lag, from, until);
        const bool fits = fit.frames >= kMinHalfFrames && fit.correlation >= best->fit.correlation - kFlatTop;
        if (fits && std::abs(lag - common) < std::abs(nearest - common)) nearest = lag;
    }
    return nearest;
}

}  // namespace

Chroma chroma_of_light(double red, double green, double blue) {
    return {(red - green) / std::sqrt(2.0), (2 * blue - red - green) / std::sqrt(6.0)};
}

std::optional<Chroma> chroma_of_surface(double red, double green, double blue) {
    const double brightness = (red + green + blue) / 3;
    if (!(brightness > 0)) return std::nullopt;
    return chroma_of_light(red, green, blue) * (1 / brightness);
}

std::vector<ColorSample> color_samples(std::span<const FrameSample> samples) {
    std::vector<ColorSample> colors;
    for (const FrameSample& sample : samples) {
        if (sample.faces != 1) continue;
        const auto skin = chroma_of_surface(sample.skin.red, sample.skin.green, sample.skin.blue);
        if (!skin) continue;
        ColorSample color{sample.time_ms, *skin, {}};
        if (sample.has_surround) {
            color.surround = chroma_of_surface(sample.surround.red, sample.surround.green, sample.surround.blue);
        }
        colors.push_back(color);
    }
    return colors;
}

std::vector<DisplayedColor> displayed_colors(const Challenge& challenge, const ClientClaims& claims) {
    std::vector<DisplayedColor> colors;
    if (!claims.video_start || claims.colors.size() != challenge.colors.size()) return colors;
    for (std::size_t i = 0; i < claims.colors.size(); ++i) {
        const auto since_start = claims.colors[i].start - *claims.video_start;
        colors.push_back({static_cast<double>(since_start.count()), challenge.colors[i]});
    }
    return colors;
}

std::optional<TimeWindow> shown_window(std::span<const DisplayedColor> colors) {
    if (colors.empty()) return std::nullopt;
    return TimeWindow{colors.front().start_ms, end_of(colors.back())};
}

std::optional<TimeWindow> flash_window(std::span<const DisplayedColor> colors) {
    const auto shown = shown_window(colors);
    if (!shown) return std::nullopt;
    return TimeWindow{shown->from_ms + kMinColorLagMs, shown->until_ms + kMaxColorLagMs};
}

std::optional<ColorResponse> measure_color_response(std::span<const ColorSample> samples,
                                                    std::span<const DisplayedColor> colors) {
    if (colors.empty()) return std::nullopt;
    const DisplayedSignal signal(colors);
    const auto best = best_fit(samples, signal, signal.begin(), signal.end(), kMinFlashFrames);
    if (!best) return std::nullopt;

    ColorResponse response;
    response.frames = best->fit.frames;
    response.correlation = best->fit.correlation;
    response.gain = best->fit.gain;
    response.lag_ms = best->lag;
    const double middle = (signal.begin() + signal.end()) / 2;
    const auto first = lag_of_part(samples, signal, signal.begin(), middle, best->lag);
    const auto second = lag_of_part(samples, signal, middle, signal.end(), best->lag);
    if (first && second) response.lag_spread_ms = std::abs(*first - *second);
    const Fit around = fit_at(samples, signal, best->lag, signal.begin(), signal.end(), Part::kSurround);
    if (around.frames >= kMinFlashFrames && best->fit.gain > 0) {
        response.surround_ratio = around.gain / best->fit.gain;
    }
    return response;
}

}  // namespace facegate::liveness
