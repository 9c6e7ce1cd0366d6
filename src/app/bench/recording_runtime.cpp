#include "app/bench/recording_runtime.h"

#include <filesystem>

namespace facegate::app {

class RecordingRuntime::RecordedNetwork final : public vision::Network {
public:
    RecordedNetwork(const RecordingRuntime& runtime, Entry& entry, std::unique_ptr<vision::Network> network)
        : runtime_(runtime), entry_(entry), network_(std::move(network)) {
        entry_.record->network = network_.get();
    }

    [[nodiscard]] std::vector<vision::Tensor> run(const vision::Tensor& input) const override {
        switch (runtime_.mode_) {
            case Mode::kPass: break;
            case Mode::kRecord: entry_.record->inputs.push_back(input); break;
            case Mode::kMeasure: {
                std::vector<vision::Tensor> outputs;
                entry_.ms += timed([&] { outputs = network_->run(input); });
                return outputs;
            }
        }
        return network_->run(input);
    }

private:
    const RecordingRuntime& runtime_;
    Entry& entry_;
    std::unique_ptr<vision::Network> network_;
};

Result<std::unique_ptr<vision::Network>> RecordingRuntime::load(const vision::NetworkSpec& spec) const {
    auto network = runtime_->load(spec);
    if (!network) return network;
    NetworkRecord& record = records_.emplace_back();
    record.spec = spec;
    record.name = std::filesystem::path(spec.path).stem().string();
    return std::make_unique<RecordedNetwork>(*this, entries_.emplace_back(Entry{&record, 0}), std::move(*network));
}

double RecordingRuntime::measure_alone() {
    double sum = 0;
    for (NetworkRecord& record : records_) {
        double ms = 0;
        for (const vision::Tensor& input : record.inputs) {
            // The first run fills the caches with this network's weights.
            (void)record.network->run(input);
            ms += timed([&] { (void)record.network->run(input); });
        }
        record.alone.add(ms);
        sum += ms;
    }
    return sum;
}

}  // namespace facegate::app
