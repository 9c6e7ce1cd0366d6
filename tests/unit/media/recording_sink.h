#pragma once

#include <algorithm>
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

/// Feeds a clip in pieces of `piece` bytes.
inline Result<VideoSummary> stream_clip(ByteView clip, FrameSink& sink, std::size_t piece = 40'000,
                                        const VideoLimits& limits = {}) {
    const auto stream = shared_host().open(limits, sink);
    while (!clip.empty()) {
        const ByteView next = clip.first(std::min(piece, clip.size()));
        clip = clip.subspan(next.size());
        if (auto fed = stream->feed(next); !fed) return std::unexpected(fed.error());
    }
    return stream->finish();
}

}  // namespace facegate::media::testing
