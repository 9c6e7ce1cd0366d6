#include "app/bench/bench_speed.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "app/bench/recording_runtime.h"
#include "app/bench/speed_report.h"
#include "unit/app/labelled_faces.h"

namespace facegate::app::testing {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

Config config_with_share() {
    Config config;
    config.share_dir = FACEGATE_SHARE;
    return resolved(config);
}

SpeedOptions quick() {
    SpeedOptions options;
    options.rounds = 3;
    options.seconds = 0.1;
    options.json = true;
    return options;
}

std::string printed(const Config& config, const SpeedOptions& options) {
    ::testing::internal::CaptureStdout();
    try {
        bench_speed(config, options);
    } catch (...) {
        (void)::testing::internal::GetCapturedStdout();
        throw;
    }
    return ::testing::internal::GetCapturedStdout();
}

double number(const json::value& value) {
    return value.to_number<double>();
}

TEST(BenchSpeed, MeasuresBothRuntimesOnTheSamePhoto) {
    const json::value report = json::parse(printed(config_with_share(), quick()));
    EXPECT_EQ(number(report.at("photo").at("width")), 640);
    EXPECT_EQ(number(report.at("photo").at("height")), 640);
    const auto& runtimes = report.at("runtimes").as_array();
    ASSERT_EQ(runtimes.size(), 2U);
    EXPECT_THAT(std::string(runtimes[0].at("name").as_string()), HasSubstr("onnxruntime"));
    EXPECT_THAT(std::string(runtimes[1].at("name").as_string()), HasSubstr("opencv"));
    for (const json::value& runtime : runtimes) {
        double stages = 0;
        for (const json::value& stage : runtime.at("stages").as_array()) stages += number(stage.at("median_ms"));
        const double total = number(runtime.at("total").at("median_ms"));
        EXPECT_GT(stages, 0.5 * total);
        EXPECT_GT(total, number(runtime.at("networks_alone").at("p10_ms")) * 0.5);
        std::map<std::string, json::object> networks;
        for (const json::value& network : runtime.at("networks").as_array())
            networks[std::string(network.at("name").as_string())] = network.as_object();
        // An upright face in the middle: one detection, two mesh passes, the image and its mirror, one more embedding.
        EXPECT_EQ(number(networks["facemesh-detection-short"].at("runs")), 1);
        EXPECT_EQ(number(networks["facemesh"].at("runs")), 2);
        EXPECT_EQ(number(networks["dlib_resnet"].at("runs")), 2);
        EXPECT_EQ(number(networks["faceres"].at("runs")), 1);
        EXPECT_EQ(number(networks["facemesh-detection-full"].at("runs")), 0);
        // The dlib ResNet's multiply-adds by hand: its layers give 0.27 billion.
        EXPECT_NEAR(number(networks["dlib_resnet"].at("gflop")), 0.54, 0.01);
        EXPECT_EQ(number(runtime.at("workers").as_array().front().at("workers")), 1);
        EXPECT_GT(number(runtime.at("workers").as_array().back().at("photos_per_second")), 0);
    }
}

TEST(BenchSpeed, SaysWhatToDoWithoutAPhoto) {
    const TemporaryDirectory empty;
    Config config = config_with_share();
    config.share_dir = empty.path();
    SpeedOptions options = quick();
    const auto message = [&] {
        try {
            (void)printed(config, options);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string("was run");
    };
    EXPECT_THAT(message(), HasSubstr("--photo FILE"));
    config = config_with_share();
    options.photo = empty.path() / "missing.jpg";
    EXPECT_THAT(message(), HasSubstr("missing.jpg"));
    options.photo = empty.write("text.jpg", "no photo");
    EXPECT_THAT(message(), HasSubstr("text.jpg"));
}

RuntimeSpeed speed_of(double total, double alone) {
    RuntimeSpeed speed;
    for (int i = 0; i < 3; ++i) {
        speed.total.add(total);
        speed.alone.add(alone);
        speed.excess.add(total - kSpeedFactor * alone - kSpeedExtraMs);
    }
    return speed;
}

TEST(SpeedReport, JudgesByTheBounds) {
    EXPECT_TRUE(speed_of(37.4, 30).within_bound());
    EXPECT_FALSE(speed_of(37.6, 30).within_bound());
    EXPECT_DOUBLE_EQ(speed_of(37.6, 30).bound_ms(), 37.5);

    RuntimeSpeed speed = speed_of(30, 30);
    speed.workers = {{1, 25, 40, 200}, {2, 48, 41, 215}, {4, 80, 50, 248}};
    EXPECT_DOUBLE_EQ(speed.scaling(1), 0.96);
    EXPECT_DOUBLE_EQ(speed.scaling(2), 0.8);
    EXPECT_DOUBLE_EQ(speed.mb_per_worker(), 16);
    SpeedReport report;
    report.runtimes.push_back(speed);
    const std::string table = speed_table(report);
    EXPECT_THAT(table, HasSubstr("0.960 of 2 x one: ok"));
    EXPECT_THAT(table, HasSubstr("0.800 of 4 x one: MISSED"));
}

/// Gives back its input, negated.
class NegatingRuntime final : public vision::InferenceRuntime {
    class Negate final : public vision::Network {
        [[nodiscard]] std::vector<vision::Tensor> run(const vision::Tensor& input) const override {
            vision::Tensor output = input;
            for (float& value : output.values) value = -value;
            return {output};
        }
    };

public:
    [[nodiscard]] Result<std::unique_ptr<vision::Network>> load(const vision::NetworkSpec&) const override {
        return std::make_unique<Negate>();
    }
    [[nodiscard]] std::string name() const override { return "negating"; }
};

TEST(RecordingRuntime, KeepsTheInputsOfOnePhotoAndChangesNothing) {
    RecordingRuntime runtime(std::make_unique<NegatingRuntime>());
    const auto network = runtime.load({"pack/first.onnx", "x", {1}, {"y"}}).value();
    const auto other = runtime.load({"pack/second.onnx", "x", {1}, {"y"}}).value();
    const auto look = [&] {
        EXPECT_EQ(network->run({{1}, {3}}).at(0).values.at(0), -3);
        EXPECT_EQ(network->run({{1}, {4}}).at(0).values.at(0), -4);
    };
    look();
    EXPECT_TRUE(runtime.records().at(0).inputs.empty());
    runtime.record(look);
    runtime.record(look);
    runtime.measure_inside(look);
    const double sum = runtime.measure_alone();
    const NetworkRecord& first = runtime.records().at(0);
    EXPECT_EQ(first.name, "first");
    ASSERT_EQ(first.inputs.size(), 2U);
    EXPECT_EQ(first.inputs[1].values.at(0), 4);
    EXPECT_EQ(first.inside.count(), 1U);
    EXPECT_EQ(first.alone.count(), 1U);
    EXPECT_DOUBLE_EQ(sum, first.alone.median());
    EXPECT_TRUE(runtime.records().at(1).inputs.empty());
    EXPECT_EQ(runtime.records().at(1).inside.median(), 0);
}

}  // namespace
}  // namespace facegate::app::testing
