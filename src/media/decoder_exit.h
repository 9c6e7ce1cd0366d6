#pragma once

namespace facegate::media {

/// Exit statuses of a decoder process.
enum class DecoderExit {
    kDone = 0,
    kFailed = 1,
    kNoMemory = 2,
    kNoSandbox = 3,
    kServerGone = 4,
};

}  // namespace facegate::media
