#pragma once

#include <filesystem>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "media/image.h"
#include "support/measure.h"
#include "vision/image_network.h"
#include "vision/model_pack.h"
#include "vision/runtime/onnx_runtime.h"

namespace facegate::bench {

/// Where the server finds ONNX Runtime: beside the pack, else the system's.
inline std::string onnxruntime_path(const std::string& share) {
    const std::string bundled = share + "/onnxruntime/libonnxruntime.so.1";
    return std::filesystem::exists(bundled) ? bundled : "";
}

/// The networks one upright face goes through, each to be run on its own: what they cost at the very least. They get a
/// face as in earnest, since some layers branch on what they see.
class NetworksAlone {
public:
    struct Entry {
        std::string name;
        int runs = 0;  ///< for one photo
        vision::ImageNetwork network;
        cv::Mat face;
        Samples ms;  ///< of one run
    };

    NetworksAlone(const std::string& share, const media::Image& portrait) {
        const cv::Mat whole(portrait.height, portrait.width, CV_8UC3,
                            const_cast<std::uint8_t*>(portrait.pixels.data()));
        const int margin = portrait.width / 5;
        const cv::Mat middle =
            whole(cv::Rect(margin, margin, portrait.width - 2 * margin, portrait.height - 2 * margin));
        const auto pack = vision::read_model_pack(share + "/packs/default");
        if (!pack) throw std::runtime_error(pack.error().message);
        const auto runtime = vision::open_onnx_runtime(onnxruntime_path(share));
        if (!runtime) throw std::runtime_error(runtime.error().message);
        const auto add = [&](const std::string& name, int runs) {
            const vision::NetworkEntry& entry = pack->network(name);
            auto network = vision::load_network(*pack, entry, **runtime);
            if (!network) throw std::runtime_error(network.error().message);
            cv::Mat face;
            cv::resize(middle, face, cv::Size(entry.input.size, entry.input.size), 0, 0, cv::INTER_AREA);
            entries_.push_back({name, runs, vision::ImageNetwork(entry.input, std::move(*network)), face, {}});
        };
        add(pack->detector_short.network, 1);
        add(pack->landmarks.network, pack->landmarks.passes);
        for (const vision::EmbedderRole& role : pack->embedders) add(role.network, role.mirror ? 2 : 1);
    }

    /// Runs each network twice and measures the second run, when its weights are in the caches.
    void measure() {
        for (Entry& entry : entries_) {
            (void)entry.network.run(entry.face, nullptr);
            double ms = 0;
            (void)entry.network.run(entry.face, &ms);
            entry.ms.add(ms);
        }
    }
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    /// Of all runs for one photo, each network at that quantile, in milliseconds.
    [[nodiscard]] double sum(double quantile) const {
        double sum = 0;
        for (const Entry& entry : entries_) sum += entry.runs * entry.ms.quantile(quantile);
        return sum;
    }

private:
    std::vector<Entry> entries_;
};

}  // namespace facegate::bench
