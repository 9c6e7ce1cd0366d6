#include "liveness/color_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "liveness/signals/color_response.h"

namespace facegate::liveness {
namespace {

/// The code's promise, measured as the search that found it did: ideal chroma, four samples a colour, and every
/// alignment within one and a half colours.
TEST(ColorCode, OrdersKeepTheirDistance) {
    constexpr std::size_t kPerColor = 4;
    constexpr std::size_t kSamples = kPerColor * kShownColors;
    using Signal = std::vector<std::complex<double>>;
    std::vector<Signal> signals;
    for (std::size_t order = 0; order < color_order_count(); ++order) {
        Signal signal;
        std::complex<double> previous = 0;
        for (const Rgb& rgb : color_order(order)) {
            const Chroma chroma = chroma_of_light(rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0);
            const std::complex<double> current(chroma.red_green, chroma.blue_yellow);
            for (std::size_t k = 0; k < kPerColor; ++k) {
                const double part = (static_cast<double>(k) + 0.5) / kPerColor;
                signal.push_back(previous * (1 - part) + current * part);
            }
            previous = current;
        }
        signals.push_back(signal);
    }
    const auto correlation = [](const Signal& a, std::size_t from_a, const Signal& b, std::size_t from_b,
                                std::size_t count) {
        std::complex<double> mean_a = 0, mean_b = 0;
        for (std::size_t i = 0; i < count; ++i) {
            mean_a += a[from_a + i];
            mean_b += b[from_b + i];
        }
        mean_a /= static_cast<double>(count);
        mean_b /= static_cast<double>(count);
        double both = 0, square_a = 0, square_b = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto da = a[from_a + i] - mean_a;
            const auto db = b[from_b + i] - mean_b;
            both += da.real() * db.real() + da.imag() * db.imag();
            square_a += std::norm(da);
            square_b += std::norm(db);
        }
        return both / std::sqrt(square_a * square_b);
    };
    double highest = 0;
    for (std::size_t a = 0; a < signals.size(); ++a) {
        for (std::size_t b = 0; b < signals.size(); ++b) {
            for (std::size_t shift = a == b ? kPerColor : 0; shift <= 6; ++shift) {
                highest = std::max(highest, correlation(signals[a], shift, signals[b], 0, kSamples - shift));
            }
        }
    }
    EXPECT_LT(highest, kMaxOrderCorrelation);
    EXPECT_GT(highest, 0.6);  // the measurement itself works
}

}  // namespace
}  // namespace facegate::liveness
