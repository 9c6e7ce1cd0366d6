#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "app/bench/measure.h"
#include "vision/runtime/inference.h"

namespace facegate::app {

/// What one network of a pack did for a photo.
struct NetworkRecord {
    vision::NetworkSpec spec;
    std::string name;  ///< of its file, without the ending
    const vision::Network* network = nullptr;
    std::vector<vision::Tensor> inputs;  ///< of the photo recorded, one for each run
    Samples inside;                      ///< milliseconds of all runs for one photo, in the pipeline
    Samples alone;                       ///< the same inputs again, each the second of two runs in a row
};

/// Stands between a face engine and a runtime and measures each network, in the pipeline and by itself with the very
/// inputs that the pipeline gave it. Must outlive the engine. Measuring is for one thread; while nothing is measured it
/// is as thread-safe as the runtime.
class RecordingRuntime final : public vision::InferenceRuntime {
public:
    explicit RecordingRuntime(std::unique_ptr<vision::InferenceRuntime> runtime) : runtime_(std::move(runtime)) {}

    [[nodiscard]] Result<std::unique_ptr<vision::Network>> load(const vision::NetworkSpec& spec) const override;
    [[nodiscard]] std::string name() const override { return runtime_->name(); }

    /// Keeps the inputs of everything that `look` runs, instead of those kept before.
    template <class Look>
    void record(Look&& look) {
        for (NetworkRecord& record : records_) record.inputs.clear();
        mode_ = Mode::kRecord;
        look();
        mode_ = Mode::kPass;
    }
    /// Adds to `inside` of each network what `look` spends in it.
    template <class Look>
    void measure_inside(Look&& look) {
        for (Entry& entry : entries_) entry.ms = 0;
        mode_ = Mode::kMeasure;
        look();
        mode_ = Mode::kPass;
        for (Entry& entry : entries_) entry.record->inside.add(entry.ms);
    }
    /// Runs each network on the inputs recorded and adds to `alone`. Returns the sum of all.
    double measure_alone();

    /// In the order in which they were loaded.
    [[nodiscard]] const std::deque<NetworkRecord>& records() const { return records_; }

private:
    enum class Mode { kPass, kRecord, kMeasure };
    struct Entry {
        NetworkRecord* record = nullptr;
        double ms = 0;  ///< of the photo being measured
    };
    class RecordedNetwork;

    std::unique_ptr<vision::InferenceRuntime> runtime_;
    Mode mode_ = Mode::kPass;
    // A runtime is const to those who load from it; places must not move.
    mutable std::deque<NetworkRecord> records_;
    mutable std::deque<Entry> entries_;
};

}  // namespace facegate::app
