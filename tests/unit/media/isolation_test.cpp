// What a decoder process may not do, and what its end costs. The clips that begin with "!" are understood by the tests'
// decoder host alone (tests/decoder_host).
#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "media/decoder_sandbox.h"
#include "unit/media/clip_writer.h"
#include "unit/media/recording_sink.h"

namespace facegate::media {
namespace {

using testing::RecordingSink;
using testing::shared_host;
using testing::write_clip;
using SteadyClock = std::chrono::steady_clock;

const Bytes& good_clip() {
    static const Bytes clip = write_clip({.frames = 6});
    return clip;
}

Result<VideoSummary> run(DecoderHost& host, ByteView clip, const VideoLimits& limits = {}) {
    RecordingSink sink;
    const auto stream = host.open(limits, sink);
    if (auto fed = stream->feed(clip); !fed) return std::unexpected(fed.error());
    return stream->finish();
}

void expect_works(DecoderHost& host) {
    const auto summary = run(host, good_clip());
    ASSERT_TRUE(summary) << summary.error().message << " " << stop_cause(summary.error()).value_or("");
    EXPECT_EQ(summary->frames, 6);
}

std::string cause_of(std::string_view misdeed, const VideoLimits& limits = {}) {
    const auto summary = run(shared_host(), as_bytes(misdeed), limits);
    if (summary) return "nothing";
    EXPECT_EQ(summary.error().code, ErrorCode::kInvalidImageFormat);
    return stop_cause(summary.error()).value_or("media");
}

struct Process {
    char state = 'X';  // as proc(5) has it: Z is dead and not yet waited for, X gone
    pid_t parent = 0;
};

Process process(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')');  // "pid (name) state ppid …"
    if (name_end == std::string::npos || name_end + 4 >= stat.size()) return {};
    return {stat[name_end + 2], std::atoi(stat.c_str() + name_end + 4)};
}

/// Processes whose parent is `parent`, dead ones included.
std::set<pid_t> children_of(pid_t parent) {
    std::set<pid_t> children;
    DIR* directory = ::opendir("/proc");
    while (const dirent* entry = ::readdir(directory)) {
        const pid_t pid = std::atoi(entry->d_name);
        if (pid > 0 && process(pid).parent == parent) children.insert(pid);
    }
    ::closedir(directory);
    return children;
}

template <class Condition>
bool comes_true(Condition condition) {
    for (const auto end = SteadyClock::now() + std::chrono::seconds(20); SteadyClock::now() < end;) {
        if (condition()) return true;
        std::this_thread::yield();
    }
    return false;
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    DIR* directory = ::opendir("/proc/self/fd");
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count;
}

class Misdeed : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Misdeed, CostsItsOwnStreamOnly) {
    const auto [misdeed, cause] = GetParam();
    RecordingSink sink;
    const auto beside = shared_host().open({}, sink);
    const std::size_t half = good_clip().size() / 2;
    ASSERT_TRUE(beside->feed(ByteView(good_clip()).first(half)));
    EXPECT_EQ(cause_of(misdeed), cause);
    ASSERT_TRUE(beside->feed(ByteView(good_clip()).subspan(half)));
    const auto summary = beside->finish();
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->frames, 6);
    expect_works(shared_host());
}

INSTANTIATE_TEST_SUITE_P(SystemCalls, Misdeed,
                         ::testing::Values(std::pair{"!open", "violation"}, std::pair{"!socket", "violation"},
                                           std::pair{"!exec", "violation"}, std::pair{"!fork", "violation"},
                                           std::pair{"!kill", "violation"}, std::pair{"!signal", "violation"},
                                           std::pair{"!code", "violation"}, std::pair{"!protect", "violation"},
                                           std::pair{"!shared", "violation"}, std::pair{"!ptrace", "violation"}),
                         [](const auto& one) { return std::string(one.param.first + 1); });

INSTANTIATE_TEST_SUITE_P(Ends, Misdeed,
                         ::testing::Values(std::pair{"!abort", "signal 6"}, std::pair{"!exit", "exit 9"},
                                           std::pair{"!throw", "exit 1"}),
                         [](const auto& one) { return std::string(one.param.first + 1); });

INSTANTIATE_TEST_SUITE_P(Lies, Misdeed,
                         ::testing::Values(std::pair{"!wide", "protocol"}, std::pair{"!negative", "protocol"},
                                           std::pair{"!late", "protocol"}, std::pair{"!back", "protocol"},
                                           std::pair{"!count", "protocol"}, std::pair{"!rate", "protocol"},
                                           std::pair{"!problem", "protocol"}),
                         [](const auto& one) { return std::string(one.param.first + 1); });

TEST(Isolation, BoundsMemory) {
    if (kSanitized) GTEST_SKIP() << "a sanitizer's shadow memory needs more than any limit";
    EXPECT_EQ(cause_of("!bomb"), "memory");
    expect_works(shared_host());
}

TEST(Isolation, BoundsProcessorTime) {
    const auto began = SteadyClock::now();
    EXPECT_EQ(cause_of("!loop", {.max_work = Milliseconds(500), .max_stall = Milliseconds(60'000)}), "time");
    EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(30));
    expect_works(shared_host());
}

TEST(Isolation, BoundsWaiting) {
    EXPECT_EQ(cause_of("!loop", {.max_stall = Milliseconds(50)}), "time");
    EXPECT_EQ(cause_of("!sleep", {.max_stall = Milliseconds(50)}), "time");
    expect_works(shared_host());
}

TEST(Isolation, ADecoderThatAsksWithoutListeningIsStopped) {
    RecordingSink sink;
    const auto stream = shared_host().open({}, sink);
    ASSERT_TRUE(stream->feed(as_bytes("!flood")));
    const auto fed = stream->feed(Bytes(8u << 20));
    ASSERT_FALSE(fed);
    EXPECT_EQ(stop_cause(fed.error()), "protocol");
}

TEST(Isolation, TellsStoppedFromDamaged) {
    const auto damaged = run(shared_host(), as_bytes("no clip at all"));
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::kInvalidImageFormat);
    EXPECT_FALSE(stop_cause(damaged.error()));
    const auto stopped = run(shared_host(), as_bytes("!exit"));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().message, "The clip's decoder was stopped");
}

TEST(Isolation, AMissingDecoderIsTheServersFault) {
    const auto missing = run(shared_host(), as_bytes("!missing"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kInternalError);
    EXPECT_THAT(missing.error().message, ::testing::HasSubstr("FFmpeg"));
}

TEST(Isolation, PassesOnNoUnprintableWords) {
    const auto summary = run(shared_host(), as_bytes("!words"));
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->writing_app, "a?\"? b");
}

TEST(Isolation, AFailedStreamStaysFailed) {
    RecordingSink sink;
    const auto stream = shared_host().open({}, sink);
    ASSERT_FALSE(stream->feed(as_bytes("!abort")));
    EXPECT_EQ(stop_cause(stream->feed(good_clip()).error()), "signal 6");
    EXPECT_EQ(stop_cause(stream->finish().error()), "signal 6");
}

TEST(Isolation, LogsAStopWithoutContent) {
    std::ostringstream text;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
    static_cast<void>(cause_of("!open"));
    spdlog::set_default_logger(before);
    EXPECT_THAT(text.str(),
                ::testing::HasSubstr(R"("event":"decoder_stopped","cause":"violation","bytes":5,"frames":0)"));
}

TEST(Isolation, ThirtyStreamsAtOnce) {
    DecoderHost host({FACEGATE_DECODER_HOST});
    constexpr int kStreams = 30;
    std::vector<int> frames(kStreams);
    std::vector<std::thread> threads;
    for (int i = 0; i < kStreams; ++i) {
        threads.emplace_back([&, i] {
            RecordingSink sink;
            const auto stream = host.open({}, sink);
            const ByteView clip = good_clip();
            for (std::size_t at = 0; at < clip.size(); at += 2000) {
                if (!stream->feed(clip.subspan(at, std::min<std::size_t>(2000, clip.size() - at)))) return;
            }
            const auto summary = stream->finish();
            frames[static_cast<std::size_t>(i)] = summary ? summary->frames : -1;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(frames, ::testing::Each(6));
}

TEST(Isolation, AHostThatWasKilledIsStartedAgain) {
    DecoderHost host({FACEGATE_DECODER_HOST});
    const std::set<pid_t> others = children_of(::getpid());
    RecordingSink sink;
    const auto running = host.open({}, sink);
    ASSERT_TRUE(running->feed(ByteView(good_clip()).first(good_clip().size() / 2)));
    std::set<pid_t> started = children_of(::getpid());
    for (const pid_t other : others) started.erase(other);
    ASSERT_EQ(started.size(), 1U);
    const std::set<pid_t> decoders = children_of(*started.begin());
    ASSERT_EQ(decoders.size(), 1U);
    ASSERT_EQ(::kill(*started.begin(), SIGKILL), 0);
    EXPECT_TRUE(comes_true([&] {
        const char state = process(*decoders.begin()).state;
        return state == 'Z' || state == 'X';
    })) << "its decoders die with the host";
    const auto lost = running->feed(ByteView(good_clip()).subspan(good_clip().size() / 2));
    ASSERT_FALSE(lost);
    EXPECT_EQ(stop_cause(lost.error()), "host gone");
    expect_works(host);
}

TEST(Isolation, LeavesNothingBehind) {
    expect_works(shared_host());  // what is allocated once
    const std::set<pid_t> before = children_of(::getpid());
    const std::size_t descriptors = open_descriptors();
    {
        DecoderHost host({FACEGATE_DECODER_HOST});
        expect_works(host);
        std::set<pid_t> started = children_of(::getpid());
        for (const pid_t other : before) started.erase(other);
        ASSERT_EQ(started.size(), 1U);
        const std::size_t with_host = open_descriptors();
        for (const std::string_view misdeed : {"!open", "!abort", "!wide", "no clip"}) {
            ASSERT_FALSE(run(host, as_bytes(misdeed)));
        }
        {
            RecordingSink sink;
            const auto given_up = host.open({}, sink);
            ASSERT_TRUE(given_up->feed(ByteView(good_clip()).first(good_clip().size() / 2)));
        }
        EXPECT_EQ(open_descriptors(), with_host);
        EXPECT_TRUE(comes_true([&] { return children_of(*started.begin()).empty(); })) << "decoders, dead or alive";
    }
    EXPECT_EQ(children_of(::getpid()), before);
    EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Isolation, ADecoderHoldsNothingOfTheServers) {
    DecoderHost host({FACEGATE_DECODER_HOST});
    const std::set<pid_t> others = children_of(::getpid());
    RecordingSink sink;
    const auto first = host.open({}, sink);
    const auto second = host.open({}, sink);
    ASSERT_TRUE(second->feed(ByteView(good_clip()).first(good_clip().size() / 2)));
    std::set<pid_t> hosts = children_of(::getpid());
    for (const pid_t other : others) hosts.erase(other);
    ASSERT_EQ(hosts.size(), 1U);
    const std::string newest = "/proc/" + std::to_string(*children_of(*hosts.begin()).rbegin());
    std::set<std::string> descriptors;
    DIR* directory = ::opendir((newest + "/fd").c_str());
    if (directory == nullptr) GTEST_SKIP() << "only root may look into a decoder";
    while (const dirent* entry = ::readdir(directory)) descriptors.insert(entry->d_name);
    ::closedir(directory);
    if (!kSanitized) {
        EXPECT_EQ(descriptors, (std::set<std::string>{".", "..", "0"}));
    }
    std::ifstream environment(newest + "/environ");
    EXPECT_EQ(environment.get(), std::ifstream::traits_type::eof());
    std::ifstream status(newest + "/status");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    EXPECT_THAT(text, ::testing::HasSubstr("NoNewPrivs:\t1"));
    EXPECT_THAT(text, ::testing::HasSubstr("Seccomp:\t2"));
}

TEST(Isolation, ACommandThatIsNoHostIsAnError) {
    RecordingSink sink;
    DecoderHost ends({"/bin/true"});
    EXPECT_THROW(ends.open({}, sink), std::runtime_error);
    DecoderHost missing({"/no/such/program"});
    EXPECT_THROW(missing.open({}, sink), std::runtime_error);
}

}  // namespace
}  // namespace facegate::media
