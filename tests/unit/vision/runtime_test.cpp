#include <gmock/gmock.h>

#include <thread>

#include "unit/vision/pack_fixture.h"

namespace facegate::vision::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const std::string kShortDetector = kPackDirectory + "/facemesh-detection-short.onnx";

NetworkSpec short_detector() {
    return {kShortDetector, "input", {1, 3, 128, 128}, {"faces"}};
}

/// What every runtime promises, whichever it is.
class RuntimeContract : public ::testing::TestWithParam<std::string> {
protected:
    static const InferenceRuntime& runtime() { return runtime_named(GetParam()); }

    static void expect_refused(const NetworkSpec& spec, const std::string& why) {
        const auto network = runtime().load(spec);
        ASSERT_FALSE(network) << why;
        EXPECT_EQ(network.error().code, ErrorCode::kProviderError);
        EXPECT_THAT(network.error().message, AllOf(HasSubstr(spec.path), HasSubstr("fetch the model pack again")))
            << why;
    }
};

TEST_P(RuntimeContract, IsNamedWithItsVersion) {
    EXPECT_THAT(runtime().name(), MatchesRegex(GetParam() + " [0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_P(RuntimeContract, RefusesAMissingFile) {
    NetworkSpec spec = short_detector();
    spec.path = kPackDirectory + "/absent.onnx";
    expect_refused(spec, "missing file");
}

TEST_P(RuntimeContract, RefusesDamagedFiles) {
    const TemporaryDirectory directory;
    const std::string whole = read_file(kShortDetector);
    ASSERT_GT(whole.size(), 1000U);
    NetworkSpec spec = short_detector();
    spec.path = directory.write("empty.onnx", "");
    expect_refused(spec, "empty");
    spec.path = directory.write("truncated.onnx", whole.substr(0, whole.size() / 2));
    expect_refused(spec, "truncated");
    spec.path = directory.write("garbage.onnx", std::string(5000, '\xA5'));
    expect_refused(spec, "garbage");
}

TEST_P(RuntimeContract, RefusesAnInputOrOutputTheNetworkLacks) {
    NetworkSpec spec = short_detector();
    spec.input_name = "picture";
    expect_refused(spec, "input name");
    spec = short_detector();
    spec.output_names = {"faces", "hands"};
    expect_refused(spec, "output name");
}

TEST_P(RuntimeContract, RefusesInputOfOtherDimensions) {
    const auto network = runtime().load(short_detector());
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_THROW(static_cast<void>((*network)->run(self_test_input(64))), std::runtime_error);
    // The network is not spoilt by it.
    EXPECT_EQ((*network)->run(self_test_input(128)).at(0).dims, (std::vector<std::int64_t>{1, 896, 17}));
}

TEST_P(RuntimeContract, ReturnsOutputsInTheOrderAskedFor) {
    const NetworkEntry& entry = default_pack().network("facemesh");
    NetworkSpec spec{kPackDirectory + "/" + entry.file, "input", {1, 3, 192, 192}, {"contours", "mesh", "presence"}};
    const auto network = runtime().load(spec);
    ASSERT_TRUE(network) << network.error().message;
    const std::vector<Tensor> outputs = (*network)->run(self_test_input(192));
    ASSERT_EQ(outputs.size(), 3U);
    EXPECT_EQ(outputs[0].values.size(), 266U);
    EXPECT_EQ(outputs[1].values.size(), 1404U);
    EXPECT_EQ(outputs[2].values.size(), 1U);
}

TEST_P(RuntimeContract, GivesTheSameValuesOnManyThreadsAtOnce) {
    const auto network = runtime().load(short_detector());
    ASSERT_TRUE(network) << network.error().message;
    // Two inputs, so that a result that leaks from one thread to another shows.
    const Tensor bright = self_test_input(128);
    Tensor dark = bright;
    for (float& value : dark.values) value = -value;
    const std::vector<float> expected_bright = (*network)->run(bright).at(0).values;
    const std::vector<float> expected_dark = (*network)->run(dark).at(0).values;
    ASSERT_NE(expected_bright, expected_dark);

    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread)
        threads.emplace_back([&, thread] {
            for (int round = 0; round < 12; ++round) {
                const bool is_bright = (thread + round) % 2 == 0;
                const std::vector<Tensor> outputs = (*network)->run(is_bright ? bright : dark);
                if (outputs.at(0).values != (is_bright ? expected_bright : expected_dark)) ++wrong;
            }
        });
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(Runtimes, RuntimeContract, ::testing::Values("onnxruntime", "opencv"),
                         [](const auto& parameter) { return parameter.param; });

TEST(OnnxRuntime, NamesTheLibraryThatCannotBeLoaded) {
    const auto missing = open_onnx_runtime("/nowhere/libonnxruntime.so.1");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kProviderError);
    EXPECT_THAT(missing.error().message, AllOf(HasSubstr("/nowhere/libonnxruntime.so.1"), HasSubstr("OpenCV")));

    const TemporaryDirectory directory;
    EXPECT_FALSE(open_onnx_runtime(directory.write("text.so", "no library")));
}

TEST(OnnxRuntime, RefusesALibraryThatIsNotOnnxRuntime) {
    const auto other = open_onnx_runtime("libm.so.6");
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("OrtGetApiBase"));
}

}  // namespace
}  // namespace facegate::vision::testing
