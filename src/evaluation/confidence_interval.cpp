#include "evaluation/confidence_interval.h"

#include <algorithm>
#include <cmath>

namespace facegate::evaluation {

Interval wilson_interval(double share, double trials) {
    if (!(trials > 0)) return {};
    constexpr double kZ = 1.959963985;  // 97.5 % quantile of the normal distribution
    const double weight = kZ * kZ / trials;
    const double centre = (share + weight / 2) / (1 + weight);
    const double reach = kZ / (1 + weight) * std::sqrt(share * (1 - share) / trials + weight / (4 * trials));
    return {std::max(centre - reach, 0.0), std::min(centre + reach, 1.0)};
}

double clopper_pearson_upper(std::uint64_t errors, std::uint64_t trials) {
    if (errors >= trials) return 1;
    const auto n = static_cast<double>(trials);
    const auto probability_of_so_few = [&](double rate) {
        double sum = 0;
        for (std::uint64_t i = 0; i <= errors; ++i) {
            const auto k = static_cast<double>(i);
            sum += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(rate) +
                            (n - k) * std::log1p(-rate));
        }
        return sum;
    };
    double low = static_cast<double>(errors) / n;
    double high = 1;
    for (int step = 0; step < 60; ++step) {
        const double middle = (low + high) / 2;
        (probability_of_so_few(middle) > 0.05 ? low : high) = middle;
    }
    return high;
}

Support support_for(double rate, std::uint64_t trials) {
    // Rates like 1e-6 are not exact in binary; 30 million trials must not miss the rule for that.
    const double errors = rate * static_cast<double>(trials) * (1 + 1e-9);
    if (errors >= 30) return Support::kFirm;
    return errors >= 3 ? Support::kWeak : Support::kNone;
}

}  // namespace facegate::evaluation
