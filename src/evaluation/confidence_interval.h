#pragma once

#include <cstdint>

namespace facegate::evaluation {

struct Interval {
    double low = 0;
    double high = 1;
};

/// The 95 % interval of a share seen in `trials` independent trials; 0 to 1 without trials. Wilson, "Probable
/// inference, the law of succession, and statistical inference", 1927. Comparisons that share a person are not
/// independent: give the number of people as `trials` for an interval that is rather too wide than too narrow.
Interval wilson_interval(double share, double trials);

/// The upper end of the one-sided 95 % interval of an error rate: the highest rate at which `errors` or fewer in
/// `trials` independent trials happen once in twenty times; 1 without trials. Exact. Clopper and Pearson, "The use of
/// confidence or fiducial limits illustrated in the case of the binomial", 1934.
double clopper_pearson_upper(std::uint64_t errors, std::uint64_t trials);

/// What `trials` comparisons can say about a rate.
enum class Support : std::uint8_t {
    kNone,  ///< fewer than 3 errors expected: even none at all would not prove the rate (rule of 3)
    kWeak,  ///< 3 to 30 errors expected
    kFirm,  ///< 30 or more: within 30 % of the truth with 90 % confidence (rule of 30)
};

/// Doddington et al., "The NIST speaker recognition evaluation", 2000 (rule of 30); ISO/IEC 19795-1 (both rules).
Support support_for(double rate, std::uint64_t trials);

}  // namespace facegate::evaluation
