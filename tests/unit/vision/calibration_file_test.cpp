#include <gmock/gmock.h>

#include "unit/vision/pack_fixture.h"
#include "unit/vision/reference_faces.h"
#include "vision/calibration_json.h"

namespace facegate::vision::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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

TEST(CalibrationFile, IsReadWithItsTables) {
    const auto calibration = parse_calibration_file(kFile, "own.json", "default-1");
    ASSERT_TRUE(calibration) << calibration.error().message;
    EXPECT_DOUBLE_EQ(calibration->threshold(0.01, 1), 5);
    EXPECT_DOUBLE_EQ(calibration->threshold(0.001, 3), 6.5);
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

    options.calibration_file = directory.string() + "/missing.json";
    const auto missing = FaceEngine::load(options);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("missing.json"));

    options.calibration_file = directory.write("foreign.json", replaced(kFile, "default-1", "default-2"));
    EXPECT_FALSE(FaceEngine::load(options));
}

}  // namespace
}  // namespace facegate::vision::testing
