#include "app/bench/bench_accuracy.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "app/bench/accuracy_report.h"
#include "app/bench/cache_path.h"
#include "app/bench/embedding_cache.h"
#include "app/packs.h"
#include "unit/app/labelled_faces.h"
#include "unit/evaluation/synthetic_people.h"
#include "unit/media/image_encoders.h"
#include "vision/calibration_json.h"

namespace facegate::app::testing {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kPeople = 12;
constexpr std::size_t kPhotos = 6;

double number(const json::value& value) {
    return value.to_number<double>();
}

EmbeddingCache::Key key_of(const fs::path& folder, const fs::path& file) {
    const auto modified = fs::last_write_time(file).time_since_epoch();
    return EmbeddingCache::key_of(file.lexically_relative(folder), fs::file_size(file),
                                  std::chrono::duration_cast<std::chrono::nanoseconds>(modified).count());
}

/// One folder of labelled faces for all tests, with a photo that shows no face and one that is none.
class AccuracyRun : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        shared_ = new TemporaryDirectory;
        write_labelled_faces(shared_->path() / "people", kPeople, kPhotos);
        const Bytes card = media::testing::encode_png(media::testing::test_card(64, 64));
        (void)shared_->write("people/Person_00/Person_00_0077.jpg", as_text(card));
        (void)shared_->write("people/Person_01/Person_01_0088.jpg", "not a photo");
    }
    static void TearDownTestSuite() {
        delete shared_;
        shared_ = nullptr;
    }
    static fs::path folder() { return shared_->path() / "people"; }

    struct Output {
        std::string out;
        std::string err;
    };
    static Config config() {
        Config config;
        config.share_dir = FACEGATE_SHARE;
        return resolved(config);
    }
    /// What the command prints.
    static Output output(const AccuracyOptions& options) {
        ::testing::internal::CaptureStdout();
        ::testing::internal::CaptureStderr();
        try {
            bench_accuracy(config(), options);
        } catch (...) {
            (void)::testing::internal::GetCapturedStdout();
            (void)::testing::internal::GetCapturedStderr();
            throw;
        }
        return {::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
    }
    /// What it prints of the labelled faces with --json.
    static json::object run(AccuracyOptions options) {
        options.folder = folder();
        options.json = true;
        return json::parse(output(options).out).as_object();
    }
    static std::string refusal(const AccuracyOptions& options) {
        try {
            run(options);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "was run";
    }

    const TemporaryDirectory scratch_;

private:
    static inline TemporaryDirectory* shared_ = nullptr;
};

TEST_F(AccuracyRun, TellsPeopleApart) {
    std::string pairs = "2\t20\n";
    for (int fold = 0; fold < 2; ++fold) {
        for (int i = 0; i < 20; ++i) pairs += fmt::format("Person_{:02}\t{}\t{}\n", i % 10, 1 + i / 10, 4 + fold);
        for (int i = 0; i < 20; ++i) {
            pairs +=
                fmt::format("Person_{:02}\t{}\tPerson_{:02}\t{}\n", i % 10, 1 + fold, (i % 10 + 1 + i / 10) % 12, 2);
        }
    }
    AccuracyOptions options;
    options.pairs = scratch_.write("pairs.txt", pairs);
    options.cache = scratch_.path() / "cache";
    options.plot = scratch_.path() / "plot.svg";
    const json::object report = run(options);

    EXPECT_EQ(report.at("pack"), "default-1");
    EXPECT_EQ(number(report.at("photos")), kPeople * kPhotos + 2);
    EXPECT_EQ(number(report.at("people")), kPeople);
    EXPECT_EQ(number(report.at("without_face")), 1);
    EXPECT_EQ(number(report.at("unreadable")), 1);
    const json::object& all = report.at("all_pairs").as_object();
    EXPECT_EQ(number(all.at("genuine_comparisons")), kPeople * kPhotos * (kPhotos - 1) / 2);
    EXPECT_EQ(number(all.at("impostor_comparisons")), kPeople * (kPeople - 1) / 2 * kPhotos * kPhotos);
    // Photos of one person that differ in light and tilt alone, against strangers.
    EXPECT_LT(number(all.at("equal_error_rate")), 0.01);
    const auto& points = all.at("points").as_array();
    EXPECT_EQ(points[1].at("support"), "weak");
    EXPECT_LT(number(points[1].at("fnmr")), 0.02);
    EXPECT_EQ(points[5].at("support"), "none");
    EXPECT_TRUE(points[5].at("fnmr").is_null());
    EXPECT_GT(number(report.at("pairs").at("accuracy").at("mean")), 0.97);
    EXPECT_EQ(report.at("pairs").at("accuracy").at("by_fold").as_array().size(), 2U);
    const auto& templates = report.at("templates").as_array();
    ASSERT_EQ(templates.size(), 3U);
    for (const json::value& trial : templates) {
        EXPECT_EQ(number(trial.at("people")), kPeople);
        EXPECT_EQ(number(trial.at("verification").at("genuine_comparisons")), 10 * kPeople);
        EXPECT_LT(number(trial.at("verification").at("equal_error_rate")), 0.02);
        const json::value& search = trial.at("identification").as_array().at(0);
        EXPECT_EQ(number(search.at("gallery")), kPeople / 2);
        EXPECT_GT(number(search.at("rank_one")), 0.95);
    }
    const std::string svg = read_text(scratch_.path() / "plot.svg");
    EXPECT_EQ(svg.rfind("<?xml", 0), 0U);
    EXPECT_THAT(svg, HasSubstr("templates of 5 photos"));
}

TEST_F(AccuracyRun, GoesOnWhereItWasCutOff) {
    AccuracyOptions options;
    options.cache = scratch_.path() / "cache";
    const json::object first = run(options);
    EXPECT_EQ(number(first.at("from_cache")), 0);
    const json::object second = run(options);
    // The file that cannot be read is tried again.
    EXPECT_EQ(number(second.at("from_cache")), kPeople * kPhotos + 1);
    EXPECT_EQ(second.at("all_pairs"), first.at("all_pairs"));
    EXPECT_EQ(second.at("templates"), first.at("templates"));

    fs::resize_file(options.cache, fs::file_size(options.cache) / 2);
    const json::object third = run(options);
    EXPECT_LT(number(third.at("from_cache")), kPeople * kPhotos / 2 + 1);
    EXPECT_GT(number(third.at("from_cache")), kPeople * kPhotos / 3);
    EXPECT_EQ(third.at("all_pairs"), first.at("all_pairs"));
}

TEST_F(AccuracyRun, RefusesWhatItCannotDo) {
    AccuracyOptions options;
    options.no_cache = true;
    options.pairs = scratch_.write("missing.txt", "Person_00\t1\t99\n");
    EXPECT_THAT(refusal(options), HasSubstr("Person_00_0099.jpg (line 1)"));
    options.pairs.clear();
    options.plot = "/nowhere/plot.svg";
    EXPECT_THAT(refusal(options), HasSubstr("--plot /nowhere/plot.svg"));
    options.plot.clear();
    // Twelve people are too few for a calibration.
    options.calibrate = scratch_.path() / "own.json";
    EXPECT_THAT(refusal(options), HasSubstr("cannot be calibrated"));
    EXPECT_FALSE(fs::exists(options.calibrate));
}

TEST_F(AccuracyRun, KeepsItsCacheOutsideTheFolderAndIgnoresOneInIt) {
    const EnvironmentVariable caches("XDG_CACHE_HOME", scratch_.path().c_str());
    // A folder that brings a cache of its own, hidden or under the name that the real one has.
    const fs::path people = scratch_.path() / "people";
    write_labelled_faces(people, 2, 6);
    const std::string path = default_cache_path(people, "default-1");
    const auto engine = vision::FaceEngine::load(engine_options(config()));
    ASSERT_TRUE(engine) << engine.error().message;
    for (const fs::path& planted : {fs::path(".facegate-default-1.cache"), fs::path(path).filename()}) {
        EmbeddingCache cache(people / planted, "default-1", (*engine)->dimension());
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(people)) {
            if (entry.path().extension() == ".jpg")
                cache.add(key_of(people, entry.path()), {PhotoEmbedding::Status::kNoFace, {}});
        }
    }
    AccuracyOptions options;
    options.folder = people;
    const Output first = output(options);
    EXPECT_THAT(first.out, HasSubstr("12 photos of 2 people\n  0 without a face"));
    EXPECT_THAT(first.out, HasSubstr("12 embedded"));
    EXPECT_THAT(first.out, HasSubstr("biometric templates, unencrypted"));
    EXPECT_THAT(first.out, HasSubstr("rm '" + path + "'"));
    EXPECT_THAT(first.err, HasSubstr(path));
    EXPECT_THAT(output(options).out, HasSubstr("12 known from the cache"));

    options.no_cache = true;
    EXPECT_THAT(output(options).out, Not(HasSubstr("biometric")));
}

TEST_F(AccuracyRun, WarnsOfACalibrationThatIsLaxerThanThePacks) {
    const auto engine = vision::FaceEngine::load(engine_options(config()));
    ASSERT_TRUE(engine) << engine.error().message;
    const fs::path people = scratch_.path() / "people";
    AccuracyOptions options;
    options.folder = people;
    options.cache = scratch_.path() / "cache";
    options.calibrate = scratch_.path() / "own.json";
    options.json = true;
    {
        // Vectors in random directions: strangers that resemble each other less than faces do.
        EmbeddingCache cache(options.cache, "default-1", (*engine)->dimension());
        const auto vectors =
            evaluation::testing::synthetic_people(std::vector<std::size_t>(40, 6), 0.5, 24, (*engine)->dimension());
        for (std::size_t person = 0; person < vectors.size(); ++person) {
            for (std::size_t photo = 0; photo < vectors[person].size(); ++photo) {
                const std::string file = scratch_.write(fmt::format("people/P{0}/P{0}_{1}.jpg", person, photo), "");
                cache.add(key_of(people, file),
                          {PhotoEmbedding::Status::kFace, (*engine)->average({&vectors[person][photo], 1}, {{1.0F}})});
            }
        }
    }
    const Output lax = output(options);
    const json::object report = json::parse(lax.out).as_object();
    EXPECT_EQ(number(report.at("from_cache")), 240);
    ASSERT_EQ(report.at("warnings").as_array().size(), 1U);
    EXPECT_THAT(std::string(report.at("warnings").as_array()[0].as_string()), HasSubstr("ask why before you trust it"));
    EXPECT_THAT(lax.err, HasSubstr("Warning: --calibrate: at FMR "));
    EXPECT_TRUE(fs::exists(options.calibrate));

    options.calibrate.clear();
    EXPECT_EQ(json::parse(output(options).out).at("warnings").as_array().size(), 0U);
}

constexpr evaluation::ScoreGrid kGrid{-1.01, 1.01};

AccuracyReport synthetic_report(const std::vector<evaluation::PersonVectors>& people) {
    const evaluation::ScoreCounts none(kGrid);
    AccuracyReport report{.pack = "default-1",
                          .runtime = "",
                          .folder = "",
                          .cache = "",
                          .photos = people.size() * 8,
                          .people = people.size(),
                          .without_face = 0,
                          .unreadable = 0,
                          .ignored = 0,
                          .from_cache = 0,
                          .embed_seconds = 0,
                          .score_seconds = 0,
                          .seed = 1,
                          .draws = 10,
                          .score_step = kGrid.step(),
                          .all_pairs = {none, none, 0},
                          .pairs = {},
                          .templates = {},
                          .warnings = {}};
    for (const int photos : {1, 3, 5}) {
        evaluation::TrialOptions options;
        options.photos = photos;
        report.templates.push_back(
            evaluation::run_template_trials(people, kGrid, evaluation::testing::mean_of, options));
    }
    return report;
}

TEST(AccuracyCalibration, IsAcceptedByTheEngineAndGivesTheRatesOfOtherPeople) {
    const auto people = evaluation::testing::synthetic_people(std::vector<std::size_t>(200, 8), 0.8, 21);
    const std::string text = json::serialize(calibration_json(synthetic_report(people)));
    const auto calibration = vision::parse_calibration_file(text, "own.json", "default-1");
    ASSERT_TRUE(calibration) << calibration.error().message;

    const auto others = evaluation::testing::synthetic_people(std::vector<std::size_t>(700, 6), 0.8, 22);
    for (const int photos : {1, 3, 5}) {
        for (const double fmr : {1e-1, 1e-2, 1e-3}) {
            const double threshold = calibration->threshold(fmr, photos);
            double matches = 0;
            double comparisons = 0;
            for (std::size_t i = 0; i < others.size(); ++i) {
                const auto enrolled =
                    evaluation::testing::mean_of(std::span(others[i]).first(static_cast<std::size_t>(photos)));
                for (std::size_t j = 0; j < others.size(); ++j) {
                    if (i == j) continue;
                    double score = 0;
                    for (std::size_t k = 0; k < enrolled.size(); ++k)
                        score += double{enrolled[k]} * double{others[j].back()[k]};
                    ++comparisons;
                    if (score >= threshold) ++matches;
                }
            }
            EXPECT_NEAR(std::log10(matches / comparisons), std::log10(fmr), 0.15) << photos << " " << fmr;
        }
    }
}

TEST(AccuracyCalibration, IsComparedWithThePacks) {
    const auto people = evaluation::testing::synthetic_people(std::vector<std::size_t>(200, 8), 0.8, 21);
    const AccuracyReport report = synthetic_report(people);
    const auto own = vision::parse_calibration_file(json::serialize(calibration_json(report)), "own.json", "default-1");
    ASSERT_TRUE(own) << own.error().message;
    const auto pack_above = [&](double s) {
        std::map<int, std::vector<vision::Calibration::Point>> tables;
        for (const int photos : {1, 3, 5}) {
            for (const double fmr : {1e-1, 1e-2, 1e-3, 1e-4})
                tables[photos].push_back({fmr, own->threshold(fmr, photos) + (photos == 3 ? s : 0)});
        }
        return vision::Calibration(tables);
    };
    EXPECT_TRUE(calibration_warnings(report, pack_above(1.99)).empty());
    EXPECT_TRUE(calibration_warnings(report, pack_above(-5)).empty());
    const auto warnings = calibration_warnings(report, pack_above(2.01));
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings.front(), HasSubstr("templates of 3 photos"));
}

TEST(AccuracyCalibration, NeedsATableForEachNumberOfPhotos) {
    // Nobody has more than five photos: templates of five have no probe.
    const auto people = evaluation::testing::synthetic_people(std::vector<std::size_t>(200, 5), 0.8, 23);
    try {
        (void)calibration_json(synthetic_report(people));
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("templates of 5 photos"));
    }
}

}  // namespace
}  // namespace facegate::app::testing
