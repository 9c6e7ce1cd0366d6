#include "app/packs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "app/pack_commands.h"
#include "unit/temporary_directory.h"

namespace facegate::app {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A share directory of the test's own: the second pack copied, ONNX Runtime as it is.
class Packs : public ::testing::Test {
protected:
    Packs() {
        fs::create_directories(share_ / "packs");
        fs::copy(fs::path(FACEGATE_SHARE) / "packs" / "mobileface", pack_);
        if (fs::exists(fs::path(FACEGATE_SHARE) / "onnxruntime"))
            fs::create_symlink(fs::path(FACEGATE_SHARE) / "onnxruntime", share_ / "onnxruntime");
        config_.share_dir = share_.string();
        config_.pack = "mine";
    }

    void write(const std::string& file, const std::string& content) const {
        std::ofstream(pack_ / file, std::ios::binary) << content;
    }
    [[nodiscard]] std::vector<PackFinding> problems() const {
        auto findings =
            check_pack(vision::read_model_pack(pack_.string()).value(), available_runtimes(share_.string()));
        std::erase_if(findings, [](const PackFinding& finding) { return finding.problem.empty(); });
        return findings;
    }

    /// What a command prints, and what it throws if it does.
    template <class Command>
    std::pair<std::string, std::string> run(Command command) const {
        std::string failure;
        ::testing::internal::CaptureStdout();
        try {
            command();
        } catch (const std::runtime_error& error) {
            failure = error.what();
        }
        return {::testing::internal::GetCapturedStdout(), failure};
    }

    TemporaryDirectory directory_;
    fs::path share_ = directory_.file("share");
    fs::path pack_ = share_ / "packs" / "mine";
    Config config_;
};

TEST_F(Packs, AreFoundByNameOrDirectory) {
    EXPECT_EQ(pack_directory(share_.string(), "mine"), pack_.string());
    EXPECT_EQ(pack_directory(share_.string(), pack_.string()), pack_.string());
    EXPECT_EQ(pack_directory(share_.string(), "/elsewhere/pack"), "/elsewhere/pack");
    EXPECT_EQ(engine_options(config_).pack_dir, pack_.string());
    fs::create_directory(share_ / "packs" / "empty");
    fs::copy(pack_, share_ / "packs" / "another");
    EXPECT_THAT(installed_packs(share_.string()), ElementsAre((share_ / "packs" / "another").string(), pack_.string()));
    EXPECT_THAT(installed_packs("/nowhere"), IsEmpty());
}

TEST_F(Packs, AreSoundAsFetched) {
    EXPECT_THAT(problems(), IsEmpty());
    EXPECT_GE(available_runtimes(share_.string()).size(), 1U);
}

TEST_F(Packs, ADamagedNetworkIsNamedOnceAndNotRun) {
    write("mobileface.onnx", "damaged");
    EXPECT_THAT(problems(),
                ElementsAre(AllOf(Field(&PackFinding::file, "mobileface.onnx"), Field(&PackFinding::check, "sha-256"),
                                  Field(&PackFinding::problem, HasSubstr("fetch the model pack again")))));
}

TEST_F(Packs, ANetworkThatComputesSomethingElseFailsUnderEveryRuntime) {
    std::ifstream stream(pack_ / "manifest.json");
    json::value manifest = json::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
    manifest.at_pointer("/networks/mobileface/outputs/0/l2") = 400.0;
    write("manifest.json", json::serialize(manifest));
    const auto found = problems();
    EXPECT_EQ(found.size(), available_runtimes(share_.string()).size());
    EXPECT_THAT(found, Each(AllOf(Field(&PackFinding::file, "mobileface.onnx"),
                                  Field(&PackFinding::problem, HasSubstr("self-test")))));
    EXPECT_THAT(found, Contains(Field(&PackFinding::check, HasSubstr("opencv"))));
}

TEST_F(Packs, AMissingLicenceIsAProblem) {
    fs::remove(pack_ / "LICENSE.human-models");
    EXPECT_THAT(problems(), ElementsAre(AllOf(Field(&PackFinding::file, "LICENSE.human-models"),
                                              Field(&PackFinding::check, "licence"))));
    write("LICENSE.human-models", "");
    EXPECT_EQ(problems().size(), 1U);
}

TEST_F(Packs, ListSaysWhatIsInstalledAndWhichIsConfigured) {
    fs::create_directory(share_ / "packs" / "broken");
    std::ofstream(share_ / "packs" / "broken" / "manifest.json") << "{}";
    const auto [text, failure] = run([&] { list_packs(config_, true); });
    EXPECT_EQ(failure, "");
    const json::array list = json::parse(text).as_array();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_THAT(std::string(list[0].at("problem").as_string()), HasSubstr("\"format\" is missing"));
    EXPECT_FALSE(list[0].at("configured").as_bool());
    const json::object& mine = list[1].as_object();
    EXPECT_EQ(mine.at("id").as_string(), "mobileface-1");
    EXPECT_TRUE(mine.at("configured").as_bool());
    EXPECT_EQ(mine.at("dimension").to_number<int>(), 256);
    EXPECT_EQ(mine.at("bytes_on_disk").to_number<std::uintmax_t>(), size_on_disk(pack_.string()));
    EXPECT_GT(size_on_disk(pack_.string()), 5'000'000U);
    EXPECT_EQ(mine.at("licences"), json::array{"MIT"});
    EXPECT_THAT(std::string(mine.at("calibration_source").as_string()), HasSubstr("No labelled set"));

    const auto [table, no_failure] = run([&] { list_packs(config_, false); });
    EXPECT_THAT(table,
                AllOf(HasSubstr("mobileface-1  (configured)"), HasSubstr("M (mobileface, 256)"), HasSubstr("✗")));
}

TEST_F(Packs, ListShowsAConfiguredPackThatIsMissing) {
    config_.pack = "absent";
    const auto [text, failure] = run([&] { list_packs(config_, true); });
    const json::array list = json::parse(text).as_array();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[1].at("directory").as_string(), "absent");
    EXPECT_TRUE(list[1].at("configured").as_bool());
}

TEST_F(Packs, VerifySaysWhatIsWrongAndFails) {
    const auto [good, no_failure] = run([&] { verify_packs(config_, false, {}); });
    EXPECT_EQ(no_failure, "");
    EXPECT_THAT(good, AllOf(HasSubstr("✓ sha-256"), HasSubstr("✓ opencv"), HasSubstr("✓ licence")));
    EXPECT_THAT(good, ::testing::Not(HasSubstr("✗")));

    write("iris.onnx", "damaged");
    const auto [bad, failure] = run([&] { verify_packs(config_, false, {"mine"}); });
    EXPECT_THAT(bad, AllOf(HasSubstr("✗ sha-256"), HasSubstr("→ " + (pack_ / "iris.onnx").string())));
    EXPECT_THAT(failure, HasSubstr("not sound"));

    const auto [text, also_failure] = run([&] { verify_packs(config_, true, {"mine", "/nowhere"}); });
    EXPECT_NE(also_failure, "");
    const json::array list = json::parse(text).as_array();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_FALSE(list[0].at("ok").as_bool());
    EXPECT_FALSE(list[1].at("ok").as_bool());
    EXPECT_THAT(std::string(list[1].at("checks").at(0).at("problem").as_string()), HasSubstr("/nowhere/manifest.json"));
}

TEST_F(Packs, DescribePrintsWhatTheManifestHas) {
    const NetworkToDescribe network{(pack_ / "mobileface.onnx").string(), "input", 112, {"embedding"}};
    const auto [text, failure] = run([&] { describe_network(config_, network); });
    ASSERT_EQ(failure, "");
    std::ifstream stream(pack_ / "manifest.json");
    const json::value manifest = json::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
    const json::value& entry = manifest.at("networks").at("mobileface");
    const json::value described = json::parse(text);
    EXPECT_EQ(described.at("sha256"), entry.at("sha256"));
    EXPECT_EQ(described.at("file"), entry.at("file"));
    const json::value& output = described.at("outputs").at(0);
    EXPECT_EQ(output.at("dims"), entry.at("outputs").at(0).at("dims"));
    const double l2 = entry.at("outputs").at(0).at("l2").to_number<double>();
    EXPECT_NEAR(output.at("l2").to_number<double>(), l2, l2 * 1e-5);
    EXPECT_EQ(output.at("first").as_array().size(), 8U);

    const auto [nothing, wrong_name] =
        run([&] { describe_network(config_, {network.file, "input", 112, {"features"}}); });
    EXPECT_THAT(wrong_name, HasSubstr("features"));
}

}  // namespace
}  // namespace facegate::app
