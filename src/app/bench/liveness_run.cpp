#include "app/bench/liveness_run.h"

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "app/bench/progress.h"
#include "liveness/clip_analyser.h"
#include "liveness/clip_file.h"
#include "synthesis/take.h"

namespace facegate::app {
namespace {

using synthesis::Species;

/// Does `work(i)` for all i under `count`, some at a time. The first exception ends it and is thrown.
void in_parallel(std::size_t count, std::size_t jobs, const std::atomic<bool>& stop,
                 const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::exception_ptr failure;
    const auto run = [&] {
        try {
            for (std::size_t i = next++; i < count && !stop && !failed; i = next++) work(i);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            failed = true;
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < jobs; ++i) others.emplace_back(run);
        run();
    }
    if (failure) std::rethrow_exception(failure);
    if (stop) throw std::runtime_error("stopped");
}

JudgedTake judged(const liveness::LabelledClip& clip, const vision::EngineSet& engines) {
    JudgedTake take{.genuine = clip.genuine,
                    .species = clip.species,
                    .type = clip.challenge.type,
                    .half = SuiteHalf::kWhole,
                    .face = clip.face,
                    .seed = clip.seed,
                    .file = {},
                    .problem = {},
                    .verdict = {}};
    const auto analysis = liveness::analyse_clip(clip.clip, clip.challenge, engines);
    if (analysis) {
        take.verdict = liveness::judge(analysis->signals, clip.challenge.type);
    } else {
        take.problem = analysis.error().message;
    }
    return take;
}

liveness::LabelledClip labelled(synthesis::Take&& take) {
    return {.genuine = take.species == Species::kGenuine,
            .species = std::string(synthesis::name_of(take.species)),
            .seed = take.seed,
            .face = std::move(take.face),
            .challenge = std::move(take.challenge),
            .clip = std::move(take.clip)};
}

}  // namespace

std::vector<PlannedTake> plan_takes(const SuitePlan& plan, const SuiteFaces& faces) {
    std::vector<PlannedTake> takes;
    const auto add = [&](Species species, liveness::ChallengeType type, SuiteHalf half, int count) {
        const bool training = half == SuiteHalf::kTraining;
        const std::size_t people = (training ? faces.training : faces.test).size();
        for (int i = 0; i < count; ++i) {
            const auto number = static_cast<std::uint64_t>(i);
            takes.push_back({species, type, half, 2 * number + (training ? 1 : 2),
                             (number + static_cast<std::size_t>(species)) % people});
        }
    };
    for (const liveness::ChallengeType type : plan.types) {
        for (const SuiteHalf half : plan.halves) {
            add(Species::kGenuine, type, half, plan.seeds * kGenuinePerAttack);
            for (const Species species : plan.species) {
                if (species == Species::kGenuine) continue;
                if (type == liveness::ChallengeType::kMovement && synthesis::needs_colors(species)) continue;
                add(species, type, half, plan.seeds);
            }
        }
    }
    return takes;
}

std::vector<JudgedTake> judge_takes(const std::vector<PlannedTake>& plan, const SuiteFaces& faces,
                                    const vision::EngineSet& engines, const std::string& write_to, std::size_t jobs,
                                    const std::atomic<bool>& stop) {
    std::vector<JudgedTake> takes(plan.size());
    Progress progress("Judged", "takes", plan.size());
    in_parallel(plan.size(), jobs, stop, [&](std::size_t i) {
        const PlannedTake& planned = plan[i];
        const auto& people = planned.half == SuiteHalf::kTraining ? faces.training : faces.test;
        synthesis::TakeOptions options;
        options.species = planned.species;
        options.type = planned.type;
        options.seed = planned.seed;
        const liveness::LabelledClip clip = labelled(synthesis::record(people, planned.who, options));
        if (!write_to.empty()) {
            const bool light = planned.type == liveness::ChallengeType::kMovementAndLight;
            liveness::write_clip(
                write_to, fmt::format("{}-{}-{:04}", clip.species, light ? "light" : "movement", planned.seed), clip);
        }
        takes[i] = judged(clip, engines);
        takes[i].half = planned.half;
        progress.done();
    });
    return takes;
}

std::vector<JudgedTake> judge_folder(const std::string& folder, const vision::EngineSet& engines, std::size_t jobs,
                                     const std::atomic<bool>& stop) {
    const auto files = liveness::clip_files(folder);
    if (!files) throw std::runtime_error(files.error().message);
    std::vector<JudgedTake> takes(files->size());
    Progress progress("Judged", "clips", files->size());
    in_parallel(files->size(), jobs, stop, [&](std::size_t i) {
        const auto clip = liveness::read_clip((*files)[i]);
        if (!clip) throw std::runtime_error(clip.error().message);
        takes[i] = judged(*clip, engines);
        takes[i].file = (*files)[i].filename().string();
        progress.done();
    });
    return takes;
}

}  // namespace facegate::app
