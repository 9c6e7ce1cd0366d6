// Each network of the default pack against values made with an independent implementation, under both runtimes.
#include "unit/vision/pack_fixture.h"

namespace facegate::vision::testing {
namespace {

constexpr double kReferenceTolerance = 1e-4;  // both runtimes keep it

const std::vector<std::string> kNetworks = {
    "facemesh-detection-short", "facemesh-detection-full", "facemesh", "iris", "dlib_resnet", "faceres"};

const boost::json::object& reference_of(const std::string& network) {
    static const boost::json::value document =
        boost::json::parse(read_file(FACEGATE_TEST_DATA "/vision/reference_nets.json"));
    return document.at("nets").at(network).as_object();
}

std::vector<Tensor> outputs_of(const std::string& network, const std::string& runtime) {
    const NetworkEntry& entry = default_pack().network(network);
    auto loaded = load_network(default_pack(), entry, runtime_named(runtime));
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return (*loaded)->run(self_test_input(entry.input.size));
}

class NetworkUnderRuntime : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(NetworkUnderRuntime, HasTheReferenceValues) {
    const auto& [network, runtime] = GetParam();
    const boost::json::object& reference = reference_of(network);
    ASSERT_EQ(default_pack().network(network).input.size, reference.at("size").as_int64());
    const std::vector<Tensor> outputs = outputs_of(network, runtime);
    const boost::json::object& expected = reference.at("outputs").as_object();
    ASSERT_EQ(outputs.size(), expected.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        SCOPED_TRACE("output " + std::to_string(i));
        const boost::json::object& output = expected.at("out" + std::to_string(i)).as_object();
        EXPECT_EQ(outputs[i].dims, boost::json::value_to<std::vector<std::int64_t>>(output.at("dims")));
        const double l2 = output.at("l2").to_number<double>();
        const double rms = root_mean_square(outputs[i].values);
        const double count = static_cast<double>(outputs[i].values.size());
        EXPECT_NEAR(rms * std::sqrt(count), l2, l2 * kReferenceTolerance);
        const auto first = boost::json::value_to<std::vector<double>>(output.at("first8"));
        for (std::size_t k = 0; k < first.size(); ++k)
            EXPECT_NEAR(outputs[i].values.at(k), first[k], std::abs(first[k]) * kReferenceTolerance) << "value " << k;
    }
}

std::string test_name(const std::string& text) {
    std::string name = text;
    std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
    return name;
}

INSTANTIATE_TEST_SUITE_P(All, NetworkUnderRuntime,
                         ::testing::Combine(::testing::ValuesIn(kNetworks), ::testing::Values("onnxruntime", "opencv")),
                         [](const auto& parameter) {
                             return test_name(std::get<0>(parameter.param)) + "_" + std::get<1>(parameter.param);
                         });

TEST(DefaultPack, HasAReferenceForEveryNetwork) {
    EXPECT_EQ(default_pack().networks.size(), kNetworks.size());
    for (const std::string& network : kNetworks) EXPECT_TRUE(default_pack().networks.contains(network)) << network;
}

}  // namespace
}  // namespace facegate::vision::testing
