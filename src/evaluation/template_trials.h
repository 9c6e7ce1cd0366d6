#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "evaluation/error_rates.h"
#include "vision/geometry.h"

namespace facegate::evaluation {

/// One person's photos as vectors.
using PersonVectors = std::vector<vision::FaceVector>;
/// The template of several photos: their mean as the pack defines it (FaceEngine::average with equal weights).
using MeanOf = std::function<vision::FaceVector(std::span<const vision::FaceVector>)>;

struct TrialOptions {
    int photos = 1;          ///< in each template
    int draws = 10;          ///< repetitions with other photos and other enrolled people
    std::uint64_t seed = 1;  ///< of all random choices
    std::size_t threads = 1;
    float bias = 0;                          ///< score = dot + bias
    std::vector<std::size_t> gallery_sizes;  ///< identification with that many people enrolled, where there are more
    const std::atomic<bool>* stop = nullptr;
};

/// Open-set identification: of people who are enrolled how many are found, of strangers how many are taken for someone.
struct Identification {
    struct Rate {
        double fpir = 0;  ///< wanted
        Support support = Support::kNone;
        double s = 0;                   ///< lowest threshold within `fpir`
        std::uint64_t false_finds = 0;  ///< strangers' searches that return someone
        double tpir = 0;                ///< enrolled people's searches that return the right person first, at `s`
        Interval tpir_interval;         ///< 95 %, as if each person had searched once
    };
    std::size_t gallery = 0;
    std::uint64_t mated = 0;      ///< searches of enrolled people
    std::uint64_t non_mated = 0;  ///< searches of others
    double rank_one = 0;          ///< mated searches whose best candidate is right, whatever its score
    std::vector<Rate> rates;      ///< FPIR 1e-1, 1e-2, 1e-3
};

struct TrialResult {
    int photos = 0;
    std::size_t people = 0;  ///< with a template and a probe: `photos` + 1 photos or more
    ErrorRates verification;
    std::vector<Identification> identification;
};

/// In each draw every person gives one photo drawn at random as the probe, and everyone who has enough of them a
/// template of `photos` others. All templates meet all probes: the same person's is a genuine comparison, the rest are
/// impostors. So everyone counts alike, however many photos there are. For identification, each draw enrolls as many
/// people, drawn at random, as the gallery holds; all others are strangers.
TrialResult run_template_trials(const std::vector<PersonVectors>& people, const ScoreGrid& grid, const MeanOf& mean_of,
                                const TrialOptions& options);

}  // namespace facegate::evaluation
