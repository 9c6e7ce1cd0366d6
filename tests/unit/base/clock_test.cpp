#include "base/clock.h"

#include <gtest/gtest.h>

namespace facegate {
namespace {

TEST(Iso8601, WritesMilliseconds) {
    EXPECT_EQ(to_iso8601(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_iso8601(from_unix_ms(1'777'636'800'123)), "2026-05-01T12:00:00.123Z");
}

TEST(Iso8601, ReadsWhatItWrites) {
    for (const std::int64_t ms : {0L, 1L, 951'782'399'999L, 1'777'636'800'123L, 4'102'444'799'999L}) {
        EXPECT_EQ(from_iso8601(to_iso8601(from_unix_ms(ms))), from_unix_ms(ms));
    }
    EXPECT_EQ(from_iso8601("2026-05-01T12:00:00Z"), from_unix_ms(1'777'636'800'000));
    EXPECT_EQ(from_iso8601("2026-05-01T12:00:00.5Z"), from_unix_ms(1'777'636'800'500));
}

TEST(Iso8601, RefusesImpossibleTimes) {
    for (const char* text :
         {"", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T12:60:00Z",
          "2026-05-01 12:00:00Z", "2026-05-01T12:00:00", "2026-05-01T12:00:00.Z", "2026-05-01T12:00:00.1234Z",
          "2026-05-01T12:00:00+00", "-026-05-01T12:00:00Z", "2026-0a-01T12:00:00Z"}) {
        EXPECT_FALSE(from_iso8601(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace facegate
