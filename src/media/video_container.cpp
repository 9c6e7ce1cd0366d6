#include "media/video_container.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>

namespace facegate::media {
namespace {

constexpr int kReadBufferSize = 32 * 1024;
constexpr std::size_t kFormatBytes = 8;
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
    const char* demuxer;
    const char* whitelist;
    const char* codecs;
};
constexpr Format kMatroska{"matroska", "matroska,webm", "vp8,vp9,h264"};
constexpr Format kMp4{"mp4", "mov,mp4", "h264"};

const Format* format_of(ByteView start) {
    constexpr std::string_view kEbml = "\x1A\x45\xDF\xA3";
    if (start.size() < kFormatBytes) return nullptr;
    if (as_text(start).starts_with(kEbml)) return &kMatroska;
    if (as_text(start).substr(4, 4) == "ftyp") return &kMp4;
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

StreamInput::StreamInput(ByteSource& clip) : clip_(clip) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kReadBufferSize));
    if (buffer == nullptr) throw std::bad_alloc();
    context_ = avio_alloc_context(buffer, kReadBufferSize, 0, this, read, nullptr, nullptr);
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

ByteView StreamInput::peek(std::size_t count) {
    while (held_ < std::min(count, start_.size())) {
        const std::size_t got = clip_.read(std::span(start_).subspan(held_));
        if (got == 0) break;
        held_ += got;
    }
    peeked_ = held_;
    return start();
}

int StreamInput::read(void* self, std::uint8_t* out, int size) {
    auto& input = *static_cast<StreamInput*>(self);
    const std::span<std::uint8_t> room(out, static_cast<std::size_t>(size));
    if (input.passed_ < input.peeked_) {
        const ByteView waiting = ByteView(input.start_).subspan(input.passed_, input.peeked_ - input.passed_);
        const std::size_t count = std::min(room.size(), waiting.size());
        std::copy_n(waiting.begin(), count, out);
        input.passed_ += count;
        return static_cast<int>(count);
    }
    const std::size_t count = input.clip_.read(room);
    const std::size_t kept = std::min(count, input.start_.size() - input.held_);
    std::copy_n(out, kept, input.start_.begin() + static_cast<std::ptrdiff_t>(input.held_));
    input.held_ += kept;
    return count == 0 ? AVERROR_EOF : static_cast<int>(count);
}

std::expected<VideoContainer, VideoProblem> VideoContainer::open(StreamInput& input, const VideoLimits& limits) {
    const Format* format = format_of(input.peek(kFormatBytes));
    if (format == nullptr) return std::unexpected(VideoProblem::kUnknownContainer);
    const AVInputFormat* demuxer = av_find_input_format(format->demuxer);
    if (demuxer == nullptr) return std::unexpected(VideoProblem::kNoDecoder);
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw std::bad_alloc();
    context->pb = input.context();
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
    container.context_.reset(context);
    container.track_ = choose_track(*context, *format);
    if (container.track_ == nullptr) return std::unexpected(VideoProblem::kNoVideo);
    const AVCodecParameters& video = container.video();
    if (video.width > limits.max_width || video.height > limits.max_height) {
        return std::unexpected(VideoProblem::kTooLarge);
    }
    container.orientation_ = orientation_of(*container.track_);
    container.kind_ = format == &kMp4 ? "mp4" : contains(input.start(), "webm") ? "webm" : "matroska";
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

int VideoContainer::read(AVPacket& packet, int& complaints) {
    watched = context_.get();
    complaints_seen = 0;
    const int status = av_read_frame(context_.get(), &packet);
    watched = nullptr;
    if (complaints_seen > 0) ++complaints;
    return status;
}

}  // namespace facegate::media
