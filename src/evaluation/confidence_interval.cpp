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

Support support_for(double rate, std::uint64_t trials) {
    // Rates like 1e-6 are not exact in binary; 30 million trials must not miss the rule for that.
    const double errors = rate * static_cast<double>(trials) * (1 + 1e-9);
    if (errors >= 30) return Support::kFirm;
    return errors >= 3 ? Support::kWeak : Support::kNone;
}

}  // namespace facegate::evaluation
