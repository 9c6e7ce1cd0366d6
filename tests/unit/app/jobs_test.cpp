#include "app/jobs.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace facegate::app {
namespace {

TEST(JobSteps, OneThatThrowsKeepsNoOtherFromRunning) {
    std::string ran;
    const std::vector<JobStep> steps{{"first", 1, [&] { ran += 'a'; }},
                                     {"broken", 1, [] { throw std::runtime_error("the disk is full"); }},
                                     {"last", 1, [&] { ran += 'c'; }}};
    run_steps(steps, 1);
    run_steps(steps, 2);
    EXPECT_EQ(ran, "acac");
}

TEST(JobSteps, EachHasItsOwnTurns) {
    int every = 0;
    int tenth = 0;
    const std::vector<JobStep> steps{{"every", 1, [&] { ++every; }}, {"tenth", 10, [&] { ++tenth; }}};
    for (unsigned count = 1; count <= 30; ++count) run_steps(steps, count);
    EXPECT_EQ(every, 30);
    EXPECT_EQ(tenth, 3);
}

}  // namespace
}  // namespace facegate::app
