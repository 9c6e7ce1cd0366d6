#include "app/bench/bench_accuracy.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "api/json_writer.h"
#include "app/bench/accuracy_report.h"
#include "app/bench/cache_path.h"
#include "app/bench/embed_photos.h"
#include "app/bench/interrupt.h"
#include "app/bench/pairs_file.h"
#include "app/packs.h"
#include "evaluation/cross_scores.h"

namespace facegate::app {
namespace {

constexpr int kDraws = 10;
constexpr int kTemplatePhotos[] = {1, 3, 5};
constexpr std::size_t kGallerySizes[] = {100, 1'000, 10'000};

/// A run of hours must not fail at its last step.
void check_writable(const char* option, const std::string& file) {
    if (file.empty()) return;
    const std::filesystem::path parent = std::filesystem::absolute(file).parent_path();
    if (std::filesystem::is_directory(file) || ::access(parent.c_str(), W_OK) != 0)
        throw std::runtime_error(fmt::format("{} {}: cannot be written", option, file));
}

void write_file(const char* option, const std::string& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) throw std::runtime_error(fmt::format("{} {}: cannot be written", option, file));
}

/// The vectors of all faces, by person; people without any are left out.
std::vector<evaluation::PersonVectors> faces_of(const EmbeddedFolder& embedded) {
    std::vector<evaluation::PersonVectors> people;
    for (const auto& photos : embedded.people) {
        evaluation::PersonVectors vectors;
        for (const PhotoEmbedding& photo : photos) {
            if (photo.status == PhotoEmbedding::Status::kFace) vectors.push_back(photo.vector);
        }
        if (!vectors.empty()) people.push_back(std::move(vectors));
    }
    return people;
}

/// Computes all figures from the embeddings.
class AccuracyMeasurement {
public:
    AccuracyMeasurement(const vision::FaceEngine& engine, const EmbeddedFolder& embedded, std::size_t threads,
                        const std::atomic<bool>& stop)
        : engine_(engine), embedded_(embedded), people_(faces_of(embedded)), threads_(threads), stop_(stop) {
        if (people_.empty()) throw std::runtime_error("no face was found in any photo");
        // Cosines lie within -1 and 1, so S lies within what a face scores with itself and with its opposite.
        const vision::FaceVector& any = people_.front().front();
        const double highest = engine.score(any, any);
        const double bias = engine.score_bias();
        grid_ = {2 * bias - highest, highest + 1e-3};
    }

    [[nodiscard]] const evaluation::ScoreGrid& grid() const { return grid_; }

    [[nodiscard]] evaluation::ErrorRates all_pairs() const {
        std::vector<std::size_t> end_of_person;  // by row: the first row of the next person
        std::vector<const vision::FaceVector*> rows;
        std::uint64_t several = 0;
        for (const auto& person : people_) {
            if (person.size() > 1) ++several;
            for (const vision::FaceVector& vector : person) rows.push_back(&vector);
            end_of_person.resize(rows.size(), rows.size());
        }
        evaluation::VectorTable table(rows.size(), engine_.dimension());
        for (std::size_t i = 0; i < rows.size(); ++i) table.set(i, *rows[i]);
        std::vector<evaluation::ScoreCounts> genuine(threads_, evaluation::ScoreCounts(grid_));
        std::vector<evaluation::ScoreCounts> impostor(genuine);
        const auto visit = [&](std::size_t thread, const evaluation::ScoreBlock& block) {
            for (std::size_t i = 0; i < block.rows; ++i) {
                const std::size_t row = block.row + i;
                const auto scores = block.of_row(i);
                const auto column_of = [&](std::size_t other) {
                    return std::clamp(other, block.column, block.column + block.columns) - block.column;
                };
                const std::size_t first = column_of(row + 1);
                const std::size_t strangers = column_of(std::max(end_of_person[row], row + 1));
                genuine[thread].add(scores.subspan(first, strangers - first));
                impostor[thread].add(scores.subspan(strangers));
            }
        };
        evaluation::score_pairs(table, static_cast<float>(engine_.score_bias()), threads_, visit, &stop_);
        for (std::size_t thread = 1; thread < threads_; ++thread) {
            genuine.front().merge(genuine[thread]);
            impostor.front().merge(impostor[thread]);
        }
        return {genuine.front(), impostor.front(), several};
    }

    [[nodiscard]] PairsResult pairs(const std::string& file, const PairsList& list,
                                    const std::vector<PairPlaces>& places) const {
        evaluation::ScoreCounts genuine(grid_);
        evaluation::ScoreCounts impostor(grid_);
        std::vector<evaluation::ScoredPair> scored;
        const auto face_at = [&](const PhotoPlace& place) -> const PhotoEmbedding& {
            return embedded_.people.at(place.person).at(place.photo);
        };
        for (std::size_t i = 0; i < places.size(); ++i) {
            const PhotoEmbedding& a = face_at(places[i].a);
            const PhotoEmbedding& b = face_at(places[i].b);
            if (a.status != PhotoEmbedding::Status::kFace || b.status != PhotoEmbedding::Status::kFace) continue;
            const double score = engine_.score(a.vector, b.vector);
            const bool same = list.pairs[i].genuine;
            (same ? genuine : impostor).add(static_cast<float>(score));
            scored.push_back({list.pairs[i].fold, same, score});
        }
        PairsResult result{
            file, places.size(), places.size() - scored.size(), {}, {genuine, impostor, genuine.total()}};
        const bool two_folds = std::any_of(scored.begin(), scored.end(),
                                           [&](const auto& pair) { return pair.fold != scored.front().fold; });
        if (list.folds >= 2 && two_folds) result.folds = evaluation::accuracy_by_folds(scored);
        return result;
    }

    [[nodiscard]] evaluation::TrialResult templates(int photos, std::uint64_t seed) const {
        evaluation::TrialOptions options;
        options.photos = photos;
        options.draws = kDraws;
        options.seed = seed;
        options.threads = threads_;
        options.bias = static_cast<float>(engine_.score_bias());
        options.stop = &stop_;
        const auto able = static_cast<std::size_t>(std::ranges::count_if(
            people_, [&](const auto& person) { return person.size() > static_cast<std::size_t>(photos); }));
        options.gallery_sizes.assign(std::begin(kGallerySizes), std::end(kGallerySizes));
        if (able < options.gallery_sizes.front()) options.gallery_sizes = {able / 2};
        const auto mean_of = [&](std::span<const vision::FaceVector> vectors) {
            return engine_.average(vectors, std::vector<float>(vectors.size(), 1.0F));
        };
        return evaluation::run_template_trials(people_, grid_, mean_of, options);
    }

private:
    const vision::FaceEngine& engine_;
    const EmbeddedFolder& embedded_;
    std::vector<evaluation::PersonVectors> people_;
    std::size_t threads_;
    const std::atomic<bool>& stop_;
    evaluation::ScoreGrid grid_;
};

vision::EngineSet load_engine(const Config& config) {
    auto engine = vision::FaceEngine::load(engine_options(config));
    if (!engine) throw std::runtime_error(engine.error().message);
    return vision::EngineSet(std::move(*engine));
}

/// Empty: none.
std::string cache_path(const AccuracyOptions& options, const std::string& pack_id) {
    if (options.no_cache) return {};
    return options.cache.empty() ? default_cache_path(options.folder, pack_id) : options.cache;
}

EmbeddedFolder embed(const LabelledFolder& folder, const vision::EngineSet& engines, const std::string& path,
                     std::size_t threads, const std::atomic<bool>& stop) {
    if (path.empty()) return embed_photos(folder, engines, nullptr, threads, stop);
    EmbeddingCache cache(path, engines.current().pack_id(), engines.current().dimension());
    std::cerr << "Biometric templates are kept in " << path << ", unencrypted; delete that file when you are done\n";
    if (cache.damaged() > 0) std::cerr << cache.damaged() << " damaged records in it are computed again\n";
    return embed_photos(folder, engines, &cache, threads, stop);
}

}  // namespace

void bench_accuracy(const Config& config, const AccuracyOptions& options) {
    check_writable("--plot", options.plot);
    check_writable("--calibrate", options.calibrate);
    const LabelledFolder folder = read_labelled_folder(options.folder);
    std::optional<PairsList> list;
    std::vector<PairPlaces> places;
    if (!options.pairs.empty()) {
        list = read_pairs(options.pairs);
        places = locate_pairs(*list, folder, options.pairs);
    }
    const std::size_t threads = options.threads > 0 ? static_cast<std::size_t>(options.threads)
                                                    : std::max(1U, std::thread::hardware_concurrency());
    const vision::EngineSet engines = load_engine(config);
    const vision::FaceEngine& engine = engines.current();
    const Interrupt interrupt;
    const std::atomic<bool>& stop = interrupt.flag();
    const std::string cache = cache_path(options, engine.pack_id());
    const EmbeddedFolder embedded = embed(folder, engines, cache, threads, stop);

    const auto start = std::chrono::steady_clock::now();
    const AccuracyMeasurement measurement(engine, embedded, threads, stop);
    AccuracyReport report{.pack = engine.pack_id(),
                          .runtime = engine.runtime_name(),
                          .folder = folder.path,
                          .cache = cache,
                          .photos = folder.photos,
                          .people = folder.people.size(),
                          .without_face = embedded.without_face,
                          .unreadable = embedded.unreadable,
                          .ignored = folder.ignored,
                          .from_cache = embedded.from_cache,
                          .embed_seconds = embedded.seconds,
                          .score_seconds = 0,
                          .seed = options.seed,
                          .draws = kDraws,
                          .score_step = measurement.grid().step(),
                          .all_pairs = measurement.all_pairs(),
                          .pairs = {},
                          .templates = {},
                          .warnings = {}};
    if (list) report.pairs = measurement.pairs(options.pairs, *list, places);
    for (const int photos : kTemplatePhotos) report.templates.push_back(measurement.templates(photos, options.seed));
    if (stop) throw std::runtime_error("stopped");
    if (!options.calibrate.empty()) report.warnings = calibration_warnings(report, engine.calibration());
    report.score_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    std::cout << (options.json ? api::write_json_indented(accuracy_json(report)) : accuracy_table(report));
    for (const std::string& warning : report.warnings) std::cerr << "Warning: " << warning << '\n';
    if (!options.plot.empty()) write_file("--plot", options.plot, accuracy_plot(report));
    if (!options.calibrate.empty())
        write_file("--calibrate", options.calibrate, api::write_json_indented(calibration_json(report)));
}

}  // namespace facegate::app
