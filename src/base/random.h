#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace facegate {

/// Source of unpredictable bytes; replaced in tests. Thread-safe.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    Bytes bytes(std::size_t count);
    /// Uniform in [0, bound), without modulo bias. `bound` > 0.
    std::uint32_t below(std::uint32_t bound);
    /// Uniform in [low, high).
    double uniform(double low, double high);
    /// `prefix` followed by 128 random bits in base 62 (22 characters).
    std::string id(std::string_view prefix);
    /// Random (version 4) UUID, lower case.
    std::string uuid();
};

/// The kernel's generator (getrandom(2)); aborts if the kernel has none.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

/// True for the 36-character lower- or upper-case form of a UUID.
bool is_uuid(std::string_view text);

}  // namespace facegate
