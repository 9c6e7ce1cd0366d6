#include "evaluation/template_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <random>

#include "evaluation/cross_scores.h"

namespace facegate::evaluation {
namespace {

constexpr double kReportedFpirs[] = {1e-1, 1e-2, 1e-3};
constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

/// The same choices from the same seed on every machine, which the standard library's distributions do not promise.
class Draw {
public:
    explicit Draw(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
    /// `count` of the numbers below `size`, in random order.
    std::vector<std::size_t> choose(std::size_t count, std::size_t size) {
        std::vector<std::size_t> all(size);
        std::iota(all.begin(), all.end(), std::size_t{0});
        for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + below(size - i)]);
        all.resize(count);
        return all;
    }

private:
    std::mt19937_64 random_;
};

/// Who is enrolled in one search trial, and what each probe found.
struct Gallery {
    struct Candidate {
        float score = -std::numeric_limits<float>::infinity();
        std::size_t person = kNobody;
        [[nodiscard]] bool worse_than(const Candidate& other) const {
            // The tie goes to the lower number, so that the order in which threads finish does not matter.
            return score < other.score || (score == other.score && person > other.person);
        }
    };
    std::vector<bool> enrolled;   ///< by template
    std::vector<Candidate> best;  ///< by probe
};

struct Searches {
    std::vector<float> strangers;  ///< best score of each
    std::vector<float> right;      ///< score of each mated search whose best candidate is right
    std::uint64_t mated = 0;
};

/// One draw: who has a template and a probe, and where.
struct Trial {
    std::vector<std::size_t> template_person;
    std::vector<std::size_t> probe_person;
    VectorTable templates;
    VectorTable probes;
};

Trial draw_trial(const std::vector<PersonVectors>& people, const MeanOf& mean_of, std::size_t photos, Draw& draw) {
    Trial trial{{}, {}, {0, 0}, {0, 0}};
    std::vector<vision::FaceVector> templates;
    std::vector<const vision::FaceVector*> probes;
    for (std::size_t person = 0; person < people.size(); ++person) {
        const PersonVectors& all = people[person];
        if (all.empty()) continue;
        const bool enrolls = all.size() > photos;
        const std::vector<std::size_t> chosen = draw.choose(enrolls ? photos + 1 : 1, all.size());
        trial.probe_person.push_back(person);
        probes.push_back(&all[chosen.front()]);
        if (!enrolls) continue;
        std::vector<vision::FaceVector> members;
        for (std::size_t i = 1; i < chosen.size(); ++i) members.push_back(all[chosen[i]]);
        trial.template_person.push_back(person);
        templates.push_back(mean_of(members));
    }
    const std::size_t dimension = probes.empty() ? 0 : probes.front()->size();
    trial.templates = VectorTable(templates.size(), dimension);
    for (std::size_t i = 0; i < templates.size(); ++i) trial.templates.set(i, templates[i]);
    trial.probes = VectorTable(probes.size(), dimension);
    for (std::size_t i = 0; i < probes.size(); ++i) trial.probes.set(i, *probes[i]);
    return trial;
}

/// Counts the scores of one draw, and what the galleries' searches find.
class TrialScores {
public:
    TrialScores(const Trial& trial, std::vector<Gallery>& galleries, const ScoreGrid& grid, std::size_t threads)
        : trial_(trial), galleries_(galleries), genuine_(threads, ScoreCounts(grid)), impostor_(genuine_) {}

    void visit(std::size_t thread, const ScoreBlock& block) {
        std::vector<std::vector<Gallery::Candidate>> best(galleries_.size(),
                                                          std::vector<Gallery::Candidate>(block.columns));
        for (std::size_t i = 0; i < block.rows; ++i) {
            const std::size_t row = block.row + i;
            const std::size_t person = trial_.template_person[row];
            const std::span<const float> scores = block.of_row(i);
            for (std::size_t j = 0; j < scores.size(); ++j) {
                const bool same = trial_.probe_person[block.column + j] == person;
                (same ? genuine_ : impostor_)[thread].add(scores[j]);
            }
            for (std::size_t g = 0; g < galleries_.size(); ++g) {
                if (!galleries_[g].enrolled[row]) continue;
                for (std::size_t j = 0; j < scores.size(); ++j) {
                    const Gallery::Candidate candidate{scores[j], person};
                    if (best[g][j].worse_than(candidate)) best[g][j] = candidate;
                }
            }
        }
        const std::lock_guard lock(mutex_);
        for (std::size_t g = 0; g < galleries_.size(); ++g) {
            for (std::size_t j = 0; j < block.columns; ++j) {
                Gallery::Candidate& known = galleries_[g].best[block.column + j];
                if (known.worse_than(best[g][j])) known = best[g][j];
            }
        }
    }
    void merge_into(ScoreCounts& genuine, ScoreCounts& impostor) const {
        for (const ScoreCounts& counts : genuine_) genuine.merge(counts);
        for (const ScoreCounts& counts : impostor_) impostor.merge(counts);
    }

private:
    const Trial& trial_;
    std::vector<Gallery>& galleries_;
    std::vector<ScoreCounts> genuine_;
    std::vector<ScoreCounts> impostor_;
    std::mutex mutex_;
};

Gallery enroll(const Trial& trial, std::size_t size, Draw& draw) {
    Gallery gallery;
    gallery.enrolled.resize(trial.template_person.size());
    for (const std::size_t row : draw.choose(size, gallery.enrolled.size())) gallery.enrolled[row] = true;
    gallery.best.resize(trial.probe_person.size());
    return gallery;
}

void collect(const Trial& trial, const Gallery& gallery, Searches& searches) {
    std::vector<std::size_t> enrolled;
    for (std::size_t row = 0; row < gallery.enrolled.size(); ++row) {
        if (gallery.enrolled[row]) enrolled.push_back(trial.template_person[row]);
    }
    for (std::size_t probe = 0; probe < gallery.best.size(); ++probe) {
        const std::size_t person = trial.probe_person[probe];
        const Gallery::Candidate& best = gallery.best[probe];
        if (!std::binary_search(enrolled.begin(), enrolled.end(), person)) {
            searches.strangers.push_back(best.score);
            continue;
        }
        ++searches.mated;
        if (best.person == person) searches.right.push_back(best.score);
    }
}

Identification::Rate rate_at(const Searches& searches, double fpir, std::size_t people) {
    // Both lists are sorted, falling.
    Identification::Rate rate;
    rate.fpir = fpir;
    rate.support = support_for(fpir, searches.strangers.size());
    const auto allowed = static_cast<std::size_t>(fpir * static_cast<double>(searches.strangers.size()) * (1 + 1e-12));
    // Just above the first stranger who must not be found; ties are all left out.
    const float refused =
        allowed < searches.strangers.size() ? searches.strangers[allowed] : -std::numeric_limits<float>::infinity();
    const auto above = [refused](float score) { return score > refused; };
    rate.false_finds = static_cast<std::uint64_t>(
        std::partition_point(searches.strangers.begin(), searches.strangers.end(), above) - searches.strangers.begin());
    const auto found = std::partition_point(searches.right.begin(), searches.right.end(), above);
    rate.s = std::nextafter(refused, std::numeric_limits<float>::infinity());
    rate.tpir = searches.mated == 0
                    ? 0
                    : static_cast<double>(found - searches.right.begin()) / static_cast<double>(searches.mated);
    rate.tpir_interval =
        wilson_interval(rate.tpir, static_cast<double>(std::min<std::uint64_t>(people, searches.mated)));
    return rate;
}

Identification summary_of(Searches searches, std::size_t gallery, std::size_t people) {
    std::sort(searches.strangers.begin(), searches.strangers.end(), std::greater<>());
    std::sort(searches.right.begin(), searches.right.end(), std::greater<>());
    Identification result;
    result.gallery = gallery;
    result.mated = searches.mated;
    result.non_mated = searches.strangers.size();
    if (searches.mated > 0)
        result.rank_one = static_cast<double>(searches.right.size()) / static_cast<double>(searches.mated);
    for (const double fpir : kReportedFpirs) result.rates.push_back(rate_at(searches, fpir, people));
    return result;
}

}  // namespace

TrialResult run_template_trials(const std::vector<PersonVectors>& people, const ScoreGrid& grid, const MeanOf& mean_of,
                                const TrialOptions& options) {
    const auto photos = static_cast<std::size_t>(options.photos);
    const auto able = static_cast<std::size_t>(
        std::count_if(people.begin(), people.end(), [photos](const auto& own) { return own.size() > photos; }));
    std::vector<std::size_t> sizes;
    for (const std::size_t size : options.gallery_sizes) {
        if (size > 0 && size <= able) sizes.push_back(size);
    }
    ScoreCounts genuine(grid);
    ScoreCounts impostor(grid);
    std::vector<Searches> searches(sizes.size());
    Draw draw(options.seed);
    for (int i = 0; i < options.draws && able > 0; ++i) {
        if (options.stop != nullptr && *options.stop) break;
        const Trial trial = draw_trial(people, mean_of, photos, draw);
        std::vector<Gallery> galleries;
        for (const std::size_t size : sizes) galleries.push_back(enroll(trial, size, draw));
        TrialScores scores(trial, galleries, grid, options.threads);
        score_all(
            trial.templates, trial.probes, options.bias, options.threads,
            [&](std::size_t thread, const ScoreBlock& block) { scores.visit(thread, block); }, options.stop);
        scores.merge_into(genuine, impostor);
        for (std::size_t g = 0; g < sizes.size(); ++g) collect(trial, galleries[g], searches[g]);
    }
    TrialResult result{options.photos, able, ErrorRates(genuine, impostor, able), {}};
    for (std::size_t g = 0; g < sizes.size(); ++g)
        result.identification.push_back(summary_of(std::move(searches[g]), sizes[g], able));
    return result;
}

}  // namespace facegate::evaluation
