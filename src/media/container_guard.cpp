#include "media/container_guard.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

namespace facegate::media {
namespace {

constexpr std::uint32_t kSegment = 0x18538067;
constexpr std::uint32_t kCluster = 0x1F43B675;
constexpr std::uint32_t kSimpleBlock = 0xA3;
constexpr std::uint32_t kUnknownSize = 0xFF;
/// What a Matroska file consists of besides: EBML header, SeekHead, Info, Tracks, Cues, Tags, Chapters, Attachments,
/// and in clusters BlockGroup, SilentTracks, EncryptedBlock; Void and CRC-32 anywhere.
constexpr std::uint32_t kElements[] = {0x1A45DFA3, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B,
                                       0x1254C367, 0x1043A770, 0x1941A469, 0xA0,       0x5854,
                                       0xAF,       0xEC,       0xBF};
/// Timestamp, Position and PrevSize of a cluster: numbers of at most eight bytes.
constexpr std::uint32_t kNumbers[] = {0xE7, 0xA7, 0xAB};
constexpr std::uint8_t kMaxTrack = 0x80 | 16;

constexpr std::size_t kBoxHead = 8;
constexpr std::size_t kFragmentHead = 16;  // of the fragment and its first box

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
}

template <class List, class T>
bool is_one_of(const List& list, const T& value) {
    return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

}  // namespace

ContainerGuard::ContainerGuard(ByteSource& clip, ContainerKind kind, ByteView start, std::size_t max_bytes)
    : clip_(clip), kind_(kind), max_bytes_(max_bytes), unread_(start.begin(), start.end()) {}

std::size_t ContainerGuard::read(std::span<std::uint8_t> out) {
    while (passed_ == head_.size() && content_ == 0) {
        if (!next()) return 0;
    }
    if (passed_ < head_.size()) {
        const std::size_t count = std::min(out.size(), head_.size() - passed_);
        std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(passed_), count, out.begin());
        passed_ += count;
        return count;
    }
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), content_));
    std::size_t count = std::min(wanted, unread_.size());
    if (count > 0) {
        std::copy_n(unread_.begin(), count, out.begin());
        unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(count));
    } else {
        count = clip_.read(out.first(wanted));
    }
    content_ -= count;
    return count;
}

bool ContainerGuard::pull() {
    std::uint8_t byte = 0;
    if (!unread_.empty()) {
        byte = unread_.front();
        unread_.erase(unread_.begin());
    } else if (clip_.read({&byte, 1}) == 0) {
        return false;
    }
    head_.push_back(byte);
    return true;
}

std::optional<std::uint64_t> ContainerGuard::pull_number(std::size_t at, std::size_t count) {
    while (head_.size() < at + count) {
        if (!pull()) return std::nullopt;
    }
    return big_endian(ByteView(head_).subspan(at, count));
}

bool ContainerGuard::next() {
    head_.clear();
    passed_ = 0;
    const auto belongs = kind_ == ContainerKind::kMatroska ? element() : box();
    if (!belongs) {
        // A header that was cut off: the demuxer may have the rest of it.
        return !head_.empty();
    }
    if (*belongs) return true;
    ++damaged_;
    return resynchronise();
}

std::optional<bool> ContainerGuard::element() {
    const auto first = pull_number(0, 1);
    if (!first) return std::nullopt;
    const auto id_length = static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(*first))) + 1;
    if (id_length > 4) return false;
    const auto id = pull_number(0, id_length);
    const auto size_start = id ? pull_number(id_length, 1) : id;
    if (!size_start) return std::nullopt;
    const auto size_length = static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(*size_start))) + 1;
    if (size_length > 8) return false;
    const auto marked = pull_number(id_length, size_length);
    if (!marked) return std::nullopt;
    if (*id == kSegment || *id == kCluster) {
        head_.resize(id_length);
        head_.push_back(kUnknownSize);
        return true;
    }
    const std::uint64_t size = *marked & ((std::uint64_t{1} << 7 * size_length) - 1);
    if (size > max_bytes_) return false;
    content_ = size;
    if (*id == kSimpleBlock) {
        const auto track = size >= 4 ? pull_number(id_length + size_length, 1) : 0;
        if (!track) return std::nullopt;
        content_ = size - 1;
        return *track > 0x80 && *track <= kMaxTrack;
    }
    return is_one_of(kElements, *id) || (is_one_of(kNumbers, *id) && size <= 8);
}

std::optional<bool> ContainerGuard::box() {
    const auto size = pull_number(0, 4);
    const auto type = size ? pull_number(4, 4) : size;
    if (!type) return std::nullopt;
    // All types of the standard are of small letters and digits; four such bytes are hardly found by chance.
    const auto usual = [](std::uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (!std::all_of(head_.begin() + 4, head_.begin() + 8, usual)) return false;
    std::uint64_t whole = *size;
    if (*size == 1) {
        const auto large = pull_number(kBoxHead, 8);
        if (!large) return std::nullopt;
        whole = *large;
    } else if (*size == 0) {
        whole = max_bytes_;  // to the end
    }
    if (whole < head_.size() || whole > max_bytes_) return false;
    content_ = whole - head_.size();
    return true;
}

bool ContainerGuard::resynchronise() {
    content_ = 0;
    const std::size_t window = kind_ == ContainerKind::kMatroska ? 4 : kFragmentHead;
    while (true) {
        while (head_.size() < window) {
            if (!pull()) {
                head_.clear();
                return false;
            }
        }
        const ByteView seen(head_);
        if (kind_ == ContainerKind::kMatroska && big_endian(seen.first(4)) == kCluster) {
            unread_.insert(unread_.begin(), head_.begin(), head_.end());
            head_.clear();
            if (element().value_or(false)) return true;
        } else if (kind_ == ContainerKind::kMp4 && as_text(seen).substr(4, 4) == "moof" &&
                   as_text(seen).substr(12, 4) == "mfhd") {
            const std::uint64_t whole = big_endian(seen.first(4));
            if (whole >= kFragmentHead && whole <= max_bytes_) {
                unread_.insert(unread_.begin(), head_.begin() + kFragmentHead, head_.end());
                head_.resize(kFragmentHead);
                content_ = whole - kFragmentHead;
                return true;
            }
        }
        if (!head_.empty()) head_.erase(head_.begin());
    }
}

}  // namespace facegate::media
