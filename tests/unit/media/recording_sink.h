#pragma once

#include <functional>
#include <vector>

#include "media/decoder_host.h"

namespace facegate::media::testing {

/// Keeps every frame that it wants: all, unless told otherwise.
class RecordingSink final : public FrameSink {
public:
    std::function<bool(const FrameInfo&)> choose = [](const FrameInfo&) { return true; };
    std::vector<FrameInfo> offered;
    std::vector<VideoFrame> frames;

    bool wants(const FrameInfo& frame) override {
        offered.push_back(frame);
        return choose(frame);
    }
    void take(VideoFrame&& frame) override { frames.push_back(std::move(frame)); }
};

/// One host for the tests that do not harm it.
inline DecoderHost& shared_host() {
    static DecoderHost host({FACEGATE_DECODER_HOST});
    return host;
}

}  // namespace facegate::media::testing
