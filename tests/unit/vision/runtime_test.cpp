#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "unit/vision/pack_fixture.h"

namespace facegate::vision::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string runtime_test_name(const ::testing::TestParamInfo<std::tuple<std::string, PackNetwork>>& parameter) {
    return std::get<1>(parameter.param).test_name() + "_" + std::get<0>(parameter.param);
}

/// What every runtime promises of every network, whichever they are.
class RuntimeContract : public ::testing::TestWithParam<std::tuple<std::string, PackNetwork>> {
protected:
    static const InferenceRuntime& runtime() { return runtime_named(std::get<0>(GetParam())); }
    static const NetworkEntry& entry() { return std::get<1>(GetParam()).entry(); }
    static NetworkSpec spec() { return std::get<1>(GetParam()).spec(); }
    static int size() { return entry().input.size; }

    static std::unique_ptr<Network> loaded(const NetworkSpec& spec) {
        auto network = runtime().load(spec);
        if (!network) throw std::runtime_error(network.error().message);
        return std::move(*network);
    }

    static void expect_refused(const NetworkSpec& spec, const std::string& why) {
        const auto network = runtime().load(spec);
        ASSERT_FALSE(network) << why;
        EXPECT_EQ(network.error().code, ErrorCode::kProviderError);
        EXPECT_THAT(network.error().message, AllOf(HasSubstr(spec.path), HasSubstr("fetch the model pack again")))
            << why;
    }
};

TEST_P(RuntimeContract, GivesTheOutputsOfTheManifestAgainAndAgain) {
    const auto network = loaded(spec());
    const Tensor input = self_test_input(size());
    const std::vector<Tensor> outputs = network->run(input);
    ASSERT_EQ(outputs.size(), entry().outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ(outputs[i].dims, entry().outputs[i].dims) << entry().outputs[i].name;
        std::int64_t count = 1;
        for (const std::int64_t dim : outputs[i].dims) count *= dim;
        EXPECT_EQ(std::ssize(outputs[i].values), count);
    }
    static_cast<void>(network->run(Tensor{input.dims, std::vector<float>(input.values.size())}));
    const std::vector<Tensor> again = network->run(input);
    const std::vector<Tensor> afresh = loaded(spec())->run(input);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ(outputs[i].values, again[i].values);
        EXPECT_EQ(outputs[i].values, afresh[i].values);
    }
}

TEST_P(RuntimeContract, ReturnsOutputsInTheOrderAskedFor) {
    NetworkSpec turned = spec();
    std::ranges::reverse(turned.output_names);
    const Tensor input = self_test_input(size());
    const std::vector<Tensor> outputs = loaded(spec())->run(input);
    std::vector<Tensor> other = loaded(turned)->run(input);
    std::ranges::reverse(other);
    ASSERT_EQ(outputs.size(), other.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(outputs[i].values, other[i].values);
    turned.output_names.resize(1);
    EXPECT_EQ(loaded(turned)->run(input).size(), 1U);
}

TEST_P(RuntimeContract, RefusesInputOfOtherDimensions) {
    const auto network = loaded(spec());
    EXPECT_THROW(static_cast<void>(network->run(self_test_input(size() / 2))), std::runtime_error);
    EXPECT_THROW(static_cast<void>(network->run(self_test_input(size() + 32))), std::runtime_error);
    Tensor short_of_one = self_test_input(size());
    short_of_one.values.pop_back();
    EXPECT_THROW(static_cast<void>(network->run(short_of_one)), std::runtime_error);
    // The network is not spoilt by it.
    EXPECT_EQ(network->run(self_test_input(size())).front().dims, entry().outputs.front().dims);
}

TEST_P(RuntimeContract, RefusesAnInputOrOutputTheNetworkLacks) {
    NetworkSpec wrong = spec();
    wrong.input_name = "picture";
    expect_refused(wrong, "input name");
    wrong = spec();
    wrong.output_names.emplace_back("hands");
    expect_refused(wrong, "output name");
}

TEST_P(RuntimeContract, RefusesDamagedFiles) {
    const TemporaryDirectory directory;
    NetworkSpec damaged = spec();
    damaged.path = directory.path().string() + "/absent.onnx";
    expect_refused(damaged, "missing");
    const std::string whole = read_file(spec().path);
    ASSERT_GT(whole.size(), 1000U);
    damaged.path = directory.write("empty.onnx", "");
    expect_refused(damaged, "empty");
    damaged.path = directory.write("garbage.onnx", std::string(5000, '\xA5'));
    expect_refused(damaged, "garbage");
    for (const std::size_t parts : {2U, 3U, 10U}) {
        damaged.path = directory.write("truncated.onnx", whole.substr(0, whole.size() / parts));
        expect_refused(damaged, "truncated");
    }
}

TEST_P(RuntimeContract, GivesTheSameValuesOnManyThreadsAtOnce) {
    const auto network = loaded(spec());
    // Two inputs, so that a result that leaks from one thread to another shows.
    const Tensor bright = self_test_input(size());
    Tensor dark = bright;
    for (float& value : dark.values) value = -value;
    const auto values_of = [&](const Tensor& input) {
        std::vector<std::vector<float>> values;
        for (Tensor& output : network->run(input)) values.push_back(std::move(output.values));
        return values;
    };
    const auto expected_bright = values_of(bright);
    const auto expected_dark = values_of(dark);
    ASSERT_NE(expected_bright, expected_dark);

    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int round = 0; round < 4; ++round) {
                const bool is_bright = (thread + round) % 2 == 0;
                if (values_of(is_bright ? bright : dark) != (is_bright ? expected_bright : expected_dark)) ++wrong;
            }
        });
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(AllNetworks, RuntimeContract,
                         ::testing::Combine(::testing::Values("onnxruntime", "opencv"),
                                            ::testing::ValuesIn(kPackNetworks)),
                         runtime_test_name);

TEST(InferenceRuntime, IsHeldToItsContractOnEveryNetworkOfBothPacks) {
    std::map<std::string, std::set<std::string>> listed;
    for (const PackNetwork& network : kPackNetworks) listed[network.pack].insert(network.network);
    for (const auto& [pack, networks] : listed) {
        std::set<std::string> in_manifest;
        for (const auto& [name, entry] : pack_named(pack).networks) in_manifest.insert(name);
        EXPECT_EQ(networks, in_manifest) << pack;
    }
}

TEST(InferenceRuntime, IsNamedWithItsVersion) {
    for (const std::string name : {"onnxruntime", "opencv"})
        EXPECT_THAT(runtime_named(name).name(), MatchesRegex(name + " [0-9]+\\.[0-9]+\\.[0-9]+"));
}

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
