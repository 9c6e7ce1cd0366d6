#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <sstream>

#include "unit/vision/pack_fixture.h"
#include "unit/vision/reference_faces.h"
#include "vision/calibration_json.h"

namespace facegate::vision::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFile = R"({
  "format": 1,
  "pack": "default-1",
  "calibration": {
    "source": "our own people",
    "tables": [
      {"photos": 1, "points": [{"fmr": 0.1, "s": 2}, {"fmr": 0.01, "s": 5}, {"fmr": 0.001, "s": 6.5}]},
      {"photos": 4, "points": [{"fmr": 0.1, "s": 3}, {"fmr": 0.01, "s": 6}]}
    ]
  }
})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("not in the file: " + from);
    return text.replace(at, from.size(), to);
}

/// What an action logs.
std::string log_of(const std::function<void()>& action) {
    std::ostringstream text;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
    action();
    spdlog::set_default_logger(before);
    return text.str();
}

TEST(CalibrationFile, IsReadWithItsTables) {
    const auto calibration = parse_calibration_file(kFile, "own.json", "default-1");
    ASSERT_TRUE(calibration) << calibration.error().message;
    EXPECT_DOUBLE_EQ(calibration->threshold(0.01, 1), 5);
    EXPECT_DOUBLE_EQ(calibration->threshold(0.001, 3), 9);
    EXPECT_DOUBLE_EQ(calibration->threshold(0.01, 4), 6);
}

TEST(CalibrationFile, IsRefusedForAnotherPack) {
    const auto calibration = parse_calibration_file(kFile, "own.json", "other-2");
    ASSERT_FALSE(calibration);
    EXPECT_THAT(calibration.error().message,
                AllOf(HasSubstr("own.json"), HasSubstr("default-1"), HasSubstr("other-2")));
}

TEST(CalibrationFile, NamesTheMemberThatIsWrong) {
    const std::vector<std::array<std::string, 3>> changes = {
        {"\"format\": 1", "\"format\": 2", "format"},
        {"\"pack\": \"default-1\"", "\"pack\": 7", "pack"},
        {"\"source\": \"our own people\",", "", "source"},
        {"\"tables\"", "\"table\"", "table"},
        {"\"photos\": 4", "\"photos\": 1", "calibration.tables[1].photos"},
        {"\"fmr\": 0.01, \"s\": 5", "\"fmr\": 0.01, \"s\": 1", "calibration.tables[0].points[1]"},
        {"\"s\": 6.5", "\"s\": \"6\"", "calibration.tables[0].points[2].s"},
        {"\"format\"", "\"form\"", "form"},
    };
    for (const auto& [from, to, member] : changes) {
        const auto calibration = parse_calibration_file(replaced(kFile, from, to), "own.json", "default-1");
        ASSERT_FALSE(calibration) << from;
        EXPECT_THAT(calibration.error().message, AllOf(HasSubstr("own.json"), HasSubstr(member)));
    }
    EXPECT_FALSE(parse_calibration_file(kFile.substr(0, 80), "own.json", "default-1"));
}

TEST(CalibrationFile, TakesThePlaceOfThePacksOwn) {
    const TemporaryDirectory directory;
    FaceEngine::Options options = options_for(FaceEngine::RuntimeChoice::kOnnxRuntime);
    options.calibration_file = directory.write("own.json", kFile);
    const auto engine = FaceEngine::load(options);
    ASSERT_TRUE(engine) << engine.error().message;
    EXPECT_DOUBLE_EQ((*engine)->calibration().threshold(0.01, 1), 5);

    options.calibration_file = directory.path().string() + "/missing.json";
    const auto missing = FaceEngine::load(options);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("missing.json"));

    options.calibration_file = directory.write("foreign.json", replaced(kFile, "default-1", "default-2"));
    EXPECT_FALSE(FaceEngine::load(options));
}

TEST(CalibrationFile, IsWarnedOfWhenItIsLaxerThanThePacksOwn) {
    const TemporaryDirectory directory;
    FaceEngine::Options options = options_for(FaceEngine::RuntimeChoice::kOnnxRuntime);
    const auto log_with = [&](const std::string& name, const std::string& points) {
        const std::string text = R"({"format": 1, "pack": "default-1", "calibration": {"source": "our own people",
                                     "tables": [{"photos": 1, "points": [)" +
                                 points + "]}]}}";
        options.calibration_file = directory.write(name, text);
        return log_of([&] { ASSERT_TRUE(FaceEngine::load(options)); });
    };
    EXPECT_EQ(log_with("own.json", R"({"fmr": 0.1, "s": 5.5}, {"fmr": 0.01, "s": 8})"), "");
    EXPECT_THAT(log_with("lax.json", R"({"fmr": 0.1, "s": 5.5}, {"fmr": 0.01, "s": 5.6})"),
                AllOf(HasSubstr(R"("event":"calibration_lax","calibration":"lax.json","photos":)"),
                      HasSubstr(R"("fmr":1e-06,"s":6.000,"pack_s":1)"), Not(HasSubstr(directory.path().string()))));
}

}  // namespace
}  // namespace facegate::vision::testing
