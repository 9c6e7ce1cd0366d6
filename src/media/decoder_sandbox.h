#pragma once

#include "media/video.h"

namespace facegate::media {

/// Whether this build carries a sanitizer, whose shadow memory and reports need more than a decoder may have.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// Bytes that a decoder may take beyond what its host had: reference frames of the largest allowed size, and buffers.
std::size_t memory_budget(const VideoLimits& limits);

/// Shuts this process in, for good: memory and processor time by `limits`, no further file, no process, no core dump,
/// and only the system calls that decoding needs (seccomp-bpf; see docs/operations.md); any other one kills the
/// process with SIGSYS. The one descriptor it may use is 0. False if the kernel refuses any part of it.
bool enter_sandbox(const VideoLimits& limits);

}  // namespace facegate::media
