#pragma once

#include <cstdint>
#include <optional>

#include "media/video_decoder.h"

namespace facegate::media {

enum class ContainerKind { kMatroska, kMp4 };

/// Holds a container to its outermost structure while its bytes pass: where they do not continue with an element (RFC
/// 8794, RFC 9559) or box (ISO/IEC 14496-12) that belongs there, they are dropped up to the next cluster or movie
/// fragment. So a hole in a stream costs what was cut and no more; FFmpeg's demuxers would take a wrong length at its
/// word and skip the rest. Segments and clusters are passed on with unknown size, since bytes may be missing in them.
class ContainerGuard final : public ByteSource {
public:
    /// `start`: the clip's first bytes, already read from `clip`.
    ContainerGuard(ByteSource& clip, ContainerKind kind, ByteView start, std::size_t max_bytes);

    std::size_t read(std::span<std::uint8_t> out) override;

    /// How often bytes had to be dropped.
    [[nodiscard]] int damaged() const { return damaged_; }

private:
    /// One more byte of the clip into head_; false at the end.
    bool pull();
    /// Reads the next element's header into head_ and how much follows it into content_; false at the end.
    bool next();
    /// Whether head_ begins an element that belongs here; pulls what it needs to know. Nothing at the end of the clip.
    std::optional<bool> element();
    std::optional<bool> box();
    /// Drops bytes until head_ is the header of a cluster or fragment.
    bool resynchronise();
    std::optional<std::uint64_t> pull_number(std::size_t at, std::size_t count);

    ByteSource& clip_;
    const ContainerKind kind_;
    const std::uint64_t max_bytes_;
    Bytes unread_;               // of the start
    Bytes head_;                 // to be passed on first
    std::size_t passed_ = 0;     // of head_
    std::uint64_t content_ = 0;  // bytes of the element still to be passed on
    int damaged_ = 0;
};

}  // namespace facegate::media
