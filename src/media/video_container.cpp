#include "media/video_container.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>

namespace facegate::media {
namespace {

constexpr int kReadBufferSize = 32 * 1024;
constexpr std::size_t kFormatBytes = 40;  // tells WebM from other Matroska, and is less than any clip
constexpr std::size_t kRecentBytes =
    64 * 1024;  // more than the read buffer and its half, by which libavformat goes back
constexpr std::size_t kLargestAllocation = 64u << 20;  // a packet is at most a clip, a frame at most 12 MB
constexpr std::size_t kMaxWritingApp = 64;

/// A demuxer tells of damage that it stepped over in its messages only.
thread_local const void* watched = nullptr;
thread_local int complaints_seen = 0;

void note_message(void* source, int level, const char*, va_list) {
    if (level <= AV_LOG_ERROR && source != nullptr && source == watched) ++complaints_seen;
}

/// A container must never make the server open anything else.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EACCES);
}

bool contains(ByteView bytes, std::string_view text) {
    return as_text(bytes).find(text) != std::string_view::npos;
}

struct Format {
    ContainerKind kind;
    const char* demuxer;
    const char* whitelist;
    const char* codecs;
};
constexpr Format kMatroska{ContainerKind::kMatroska, "matroska", "matroska,webm", "vp8,vp9,h264"};
constexpr Format kMp4{ContainerKind::kMp4, "mp4", "mov,mp4", "h264"};

const Format* format_of(ByteView start) {
    constexpr std::string_view kEbml = "\x1A\x45\xDF\xA3";
    if (as_text(start).starts_with(kEbml)) return &kMatroska;
    if (start.size() >= 8 && as_text(start).substr(4, 4) == "ftyp") return &kMp4;
    return nullptr;
}

bool accepts(const Format& format, AVCodecID codec) {
    if (codec == AV_CODEC_ID_H264) return true;
    return &format == &kMatroska && (codec == AV_CODEC_ID_VP8 || codec == AV_CODEC_ID_VP9);
}

/// The first track with an accepted codec; every other one is skipped unread.
AVStream* choose_track(AVFormatContext& container, const Format& format) {
    AVStream* chosen = nullptr;
    for (unsigned i = 0; i < container.nb_streams; ++i) {
        AVStream* track = container.streams[i];
        const bool accepted =
            track->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && accepts(format, track->codecpar->codec_id);
        if (accepted && chosen == nullptr) {
            chosen = track;
        } else {
            track->discard = AVDISCARD_ALL;
        }
    }
    return chosen;
}

int orientation_of(const AVStream& track) {
    std::size_t size = 0;
    const std::uint8_t* matrix = av_stream_get_side_data(&track, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (matrix == nullptr || size < 9 * sizeof(std::int32_t)) return 1;
    const double counterclockwise = av_display_rotation_get(reinterpret_cast<const std::int32_t*>(matrix));
    if (!std::isfinite(counterclockwise)) return 1;
    switch ((std::lround(-counterclockwise / 90) + 4) % 4) {
        case 1: return 6;
        case 2: return 3;
        case 3: return 8;
        default: return 1;
    }
}

int degrees_of(int orientation) {
    switch (orientation) {
        case 6: return 90;
        case 3: return 180;
        case 8: return 270;
        default: return 0;
    }
}

const char* codec_name(AVCodecID codec) {
    switch (codec) {
        case AV_CODEC_ID_VP8: return "vp8";
        case AV_CODEC_ID_VP9: return "vp9";
        default: return "h264";
    }
}

}  // namespace

void configure_ffmpeg() {
    static std::once_flag once;
    std::call_once(once, [] {
        av_log_set_callback(note_message);
        av_max_alloc(kLargestAllocation);
    });
}

StreamInput::StreamInput(ByteSource& clip, ContainerKind kind, ByteView start, std::size_t max_bytes)
    : guard_(clip, kind, start, max_bytes) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kReadBufferSize));
    if (buffer == nullptr) throw std::bad_alloc();
    context_ = avio_alloc_context(buffer, kReadBufferSize, 0, this, read, nullptr, seek);
    if (context_ == nullptr) {
        av_free(buffer);
        throw std::bad_alloc();
    }
    context_->seekable = 0;
}

StreamInput::~StreamInput() {
    av_freep(&context_->buffer);
    avio_context_free(&context_);
}

int StreamInput::read(void* self, std::uint8_t* out, int size) {
    auto& input = *static_cast<StreamInput*>(self);
    const std::span<std::uint8_t> room(out, static_cast<std::size_t>(size));
    if (input.behind_ > 0) {
        const std::size_t count = std::min(room.size(), input.behind_);
        std::copy_n(input.recent_.end() - static_cast<std::ptrdiff_t>(input.behind_), count, out);
        input.behind_ -= count;
        return static_cast<int>(count);
    }
    const std::size_t count = input.guard_.read(room);
    if (count == 0) return AVERROR_EOF;
    input.recent_.insert(input.recent_.end(), out, out + count);
    input.end_ += static_cast<std::int64_t>(count);
    if (input.recent_.size() > 2 * kRecentBytes) {
        input.recent_.erase(input.recent_.begin(), input.recent_.end() - static_cast<std::ptrdiff_t>(kRecentBytes));
    }
    return static_cast<int>(count);
}

std::int64_t StreamInput::seek(void* self, std::int64_t offset, int whence) {
    auto& input = *static_cast<StreamInput*>(self);
    const std::int64_t first = input.end_ - std::ssize(input.recent_);
    if ((whence & ~AVSEEK_FORCE) != SEEK_SET || offset < first || offset > input.end_) return AVERROR(ENOSYS);
    input.behind_ = static_cast<std::size_t>(input.end_ - offset);
    return offset;
}

std::expected<VideoContainer, VideoProblem> VideoContainer::open(ByteSource& clip, const VideoLimits& limits) {
    Bytes start(kFormatBytes);
    std::size_t held = 0;
    for (std::size_t got = 1; got > 0 && held < start.size(); held += got)
        got = clip.read(std::span(start).subspan(held));
    start.resize(held);
    const Format* format = format_of(start);
    if (format == nullptr) return std::unexpected(VideoProblem::kUnknownContainer);
    const AVInputFormat* demuxer = av_find_input_format(format->demuxer);
    if (demuxer == nullptr) return std::unexpected(VideoProblem::kNoDecoder);
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw std::bad_alloc();
    auto input = std::make_unique<StreamInput>(clip, format->kind, start, limits.max_bytes);
    context->pb = input->context();
    context->io_open = refuse_to_open;
    // Browsers write whole frames with times: nothing needs to be parsed or made up.
    context->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "format_whitelist", format->whitelist, 0);
    av_dict_set(&options, "codec_whitelist", format->codecs, 0);
    av_dict_set(&options, "protocol_whitelist", "", 0);
    const int opened = avformat_open_input(&context, nullptr, demuxer, &options);
    av_dict_free(&options);
    if (opened < 0) return std::unexpected(VideoProblem::kDamagedContainer);

    VideoContainer container;
    container.input_ = std::move(input);
    container.context_.reset(context);
    container.track_ = choose_track(*context, *format);
    if (container.track_ == nullptr) return std::unexpected(VideoProblem::kNoVideo);
    const AVCodecParameters& video = container.video();
    if (video.width > limits.max_width || video.height > limits.max_height) {
        return std::unexpected(VideoProblem::kTooLarge);
    }
    container.orientation_ = orientation_of(*container.track_);
    container.kind_ = format == &kMp4 ? "mp4" : contains(start, "webm") ? "webm" : "matroska";
    return container;
}

VideoSummary VideoContainer::facts() const {
    VideoSummary facts;
    facts.container = kind_;
    facts.codec = codec_name(video().codec_id);
    facts.rotation = degrees_of(orientation_);
    if (const AVDictionaryEntry* app = av_dict_get(context_->metadata, "encoder", nullptr, 0)) {
        for (const char* c = app->value; *c != '\0' && facts.writing_app.size() < kMaxWritingApp; ++c) {
            facts.writing_app += *c >= ' ' && *c <= '~' ? *c : '?';
        }
    }
    const AVRational rate = track_->avg_frame_rate;
    if (rate.num > 0 && rate.den > 0) facts.nominal_fps = av_q2d(rate);
    return facts;
}

VideoContainer::Read VideoContainer::read(AVPacket& packet) {
    const int dropped = input_->damaged();
    watched = context_.get();
    complaints_seen = 0;
    const int status = av_read_frame(context_.get(), &packet);
    watched = nullptr;
    return {status, complaints_seen > 0 || input_->damaged() > dropped};
}

}  // namespace facegate::media
