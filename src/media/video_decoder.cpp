#include "media/video_decoder.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>

#include "media/frame_converter.h"

namespace facegate::media {
namespace {

constexpr std::uint8_t kEbmlStart[] = {0x1A, 0x45, 0xDF, 0xA3};
constexpr int kReadBufferSize = 32 * 1024;
/// Codecs hide some frames (VP8 alternate references), never most of them.
constexpr int kPacketsPerFrame = 4;
constexpr AVRational kMilliseconds = {1, 1000};

std::unexpected<Error> refuse(std::string message) {
    return fail(ErrorCode::kInvalidImageFormat, std::move(message));
}

void silence_ffmpeg() {
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_callback([](void*, int, const char*, va_list) {}); });
}

/// The clip as libavformat reads it: a seekable file that happens to be in memory.
class MemoryInput {
public:
    explicit MemoryInput(ByteView bytes) : bytes_(bytes) {
        auto* buffer = static_cast<unsigned char*>(av_malloc(kReadBufferSize));
        if (buffer == nullptr) throw std::bad_alloc();
        context_ = avio_alloc_context(buffer, kReadBufferSize, 0, this, read, nullptr, seek);
        if (context_ == nullptr) {
            av_free(buffer);
            throw std::bad_alloc();
        }
    }
    ~MemoryInput() {
        av_freep(&context_->buffer);
        avio_context_free(&context_);
    }
    MemoryInput(const MemoryInput&) = delete;
    MemoryInput& operator=(const MemoryInput&) = delete;

    [[nodiscard]] AVIOContext* context() const { return context_; }

private:
    static int read(void* self, std::uint8_t* out, int size) {
        auto& input = *static_cast<MemoryInput*>(self);
        const std::size_t count = std::min(static_cast<std::size_t>(size), input.bytes_.size() - input.at_);
        if (count == 0) return AVERROR_EOF;
        std::memcpy(out, input.bytes_.data() + input.at_, count);
        input.at_ += count;
        return static_cast<int>(count);
    }

    static std::int64_t seek(void* self, std::int64_t offset, int whence) {
        auto& input = *static_cast<MemoryInput*>(self);
        const auto size = static_cast<std::int64_t>(input.bytes_.size());
        if (whence & AVSEEK_SIZE) return size;
        std::int64_t base = 0;
        if ((whence & ~AVSEEK_FORCE) == SEEK_CUR) base = static_cast<std::int64_t>(input.at_);
        if ((whence & ~AVSEEK_FORCE) == SEEK_END) base = size;
        if (offset < -base || offset > size - base) return AVERROR(EINVAL);
        input.at_ = static_cast<std::size_t>(base + offset);
        return base + offset;
    }

    ByteView bytes_;
    std::size_t at_ = 0;
    AVIOContext* context_ = nullptr;
};

struct CloseInput {
    void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
struct CloseCodec {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct FreePacket {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FreeFrame {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using InputPtr = std::unique_ptr<AVFormatContext, CloseInput>;
using CodecPtr = std::unique_ptr<AVCodecContext, CloseCodec>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;

/// Processor time this thread has used: other load on the machine does not count against a clip.
Milliseconds thread_time() {
    timespec used{};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) throw std::runtime_error("no thread clock");
    return std::chrono::duration_cast<Milliseconds>(std::chrono::seconds(used.tv_sec) +
                                                    std::chrono::nanoseconds(used.tv_nsec));
}

/// A container must never make the server open anything else.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
    return AVERROR(EACCES);
}

Result<InputPtr> open_container(AVIOContext* bytes) {
    const AVInputFormat* matroska = av_find_input_format("matroska");
    AVFormatContext* context = avformat_alloc_context();
    if (matroska == nullptr || context == nullptr) throw std::runtime_error("FFmpeg without a Matroska demuxer");
    context->pb = bytes;
    context->io_open = refuse_to_open;
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    AVDictionary* options = nullptr;
    av_dict_set(&options, "format_whitelist", "matroska,webm", 0);
    av_dict_set(&options, "codec_whitelist", "vp8,vp9", 0);
    av_dict_set(&options, "protocol_whitelist", "", 0);
    const int opened = avformat_open_input(&context, nullptr, matroska, &options);
    av_dict_free(&options);
    if (opened < 0) return refuse("The clip's container is damaged");
    return InputPtr(context);
}

/// The first track with an accepted codec; every other one is skipped unread.
Result<AVStream*> choose_track(AVFormatContext& container) {
    AVStream* chosen = nullptr;
    for (unsigned i = 0; i < container.nb_streams; ++i) {
        AVStream* track = container.streams[i];
        const AVCodecID codec = track->codecpar->codec_id;
        const bool accepted =
            track->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && (codec == AV_CODEC_ID_VP8 || codec == AV_CODEC_ID_VP9);
        if (accepted && chosen == nullptr) {
            chosen = track;
        } else {
            track->discard = AVDISCARD_ALL;
        }
    }
    if (chosen == nullptr) return refuse("The clip holds no VP8 or VP9 video");
    return chosen;
}

Result<CodecPtr> open_codec(const AVStream& track, const VideoLimits& limits) {
    const bool is_vp8 = track.codecpar->codec_id == AV_CODEC_ID_VP8;
    const AVCodec* codec = avcodec_find_decoder_by_name(is_vp8 ? "vp8" : "vp9");
    if (codec == nullptr) throw std::runtime_error("FFmpeg without its VP8 and VP9 decoders");
    CodecPtr context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    if (avcodec_parameters_to_context(context.get(), track.codecpar) < 0) return refuse("The clip's video is damaged");
    context->thread_count = 1;
    context->pkt_timebase = track.time_base;
    context->max_pixels = static_cast<std::int64_t>(limits.max_width) * limits.max_height;
    if (avcodec_open2(context.get(), codec, nullptr) < 0) return refuse("The clip's video cannot be decoded");
    return context;
}

/// The VP8 decoder announces its default on every frame, whatever the recorder did and wrote into the container.
VideoColour colour_of(const AVCodecParameters& video) {
    return {video.color_space == AVCOL_SPC_BT709, video.color_range == AVCOL_RANGE_JPEG};
}

/// Runs one clip through the decoder. Lives for one call.
class ClipDecoder {
public:
    ClipDecoder(const VideoLimits& limits, const std::function<bool(VideoFrame&&)>& on_frame, InputPtr container,
                AVStream& track, CodecPtr codec)
        : limits_(limits),
          on_frame_(on_frame),
          container_(std::move(container)),
          track_(track),
          codec_(std::move(codec)),
          packet_(av_packet_alloc()),
          frame_(av_frame_alloc()),
          converter_(colour_of(*track.codecpar)) {
        if (!packet_ || !frame_) throw std::bad_alloc();
        summary_.container = "webm";
        summary_.codec = track_.codecpar->codec_id == AV_CODEC_ID_VP8 ? "vp8" : "vp9";
    }

    Result<VideoSummary> run() {
        int packets = 0;
        while (!stopped_) {
            const int read = av_read_frame(container_.get(), packet_.get());
            if (read < 0) {
                if (read != AVERROR_EOF) ++summary_.damaged;
                break;
            }
            const bool ours = packet_->stream_index == track_.index;
            if (ours && avcodec_send_packet(codec_.get(), packet_.get()) < 0) ++summary_.damaged;
            av_packet_unref(packet_.get());
            if (++packets > limits_.max_frames * kPacketsPerFrame) return refuse("The clip has too many frames");
            if (thread_time() - began_ >= limits_.max_work) return refuse("The clip takes too long to decode");
            if (!ours) continue;
            if (auto taken = take_frames(); !taken) return std::unexpected(taken.error());
        }
        if (!stopped_) {
            avcodec_send_packet(codec_.get(), nullptr);
            if (auto taken = take_frames(); !taken) return std::unexpected(taken.error());
        }
        if (summary_.frames == 0) return refuse("The clip holds no decodable frame");
        return summary_;
    }

private:
    Result<void> take_frames() {
        while (!stopped_) {
            const int received = avcodec_receive_frame(codec_.get(), frame_.get());
            if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) return {};
            if (received < 0) {
                ++summary_.damaged;
                return {};
            }
            auto handed = hand_over();
            av_frame_unref(frame_.get());
            if (!handed) return handed;
        }
        return {};
    }

    Result<void> hand_over() {
        if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
            ++summary_.damaged;
            return {};
        }
        if (frame_->width > limits_.max_width || frame_->height > limits_.max_height) {
            return refuse("The clip's frames are too large");
        }
        if (summary_.frames >= limits_.max_frames) return refuse("The clip has too many frames");
        if (frame_->best_effort_timestamp != AV_NOPTS_VALUE) {
            const auto pts = av_rescale_q(frame_->best_effort_timestamp, track_.time_base, kMilliseconds);
            summary_.last_pts_ms = std::max(summary_.last_pts_ms, pts);
        }
        if (summary_.last_pts_ms > limits_.max_duration_ms) return refuse("The clip is too long");
        ++summary_.frames;
        stopped_ = !on_frame_(VideoFrame{summary_.last_pts_ms, converter_.to_rgb(*frame_)});
        return {};
    }

    const VideoLimits& limits_;
    const std::function<bool(VideoFrame&&)>& on_frame_;
    InputPtr container_;
    AVStream& track_;
    CodecPtr codec_;
    PacketPtr packet_;
    FramePtr frame_;
    FrameConverter converter_;
    VideoSummary summary_;
    const Milliseconds began_ = thread_time();
    bool stopped_ = false;
};

}  // namespace

Result<VideoSummary> decode_video(ByteView clip, const VideoLimits& limits,
                                  const std::function<bool(VideoFrame&&)>& on_frame) {
    silence_ffmpeg();
    if (clip.size() > limits.max_bytes) return refuse("The clip is too large");
    if (clip.size() < sizeof kEbmlStart || !std::equal(std::begin(kEbmlStart), std::end(kEbmlStart), clip.begin())) {
        return refuse("The clip is not WebM");
    }
    MemoryInput bytes(clip);
    auto container = open_container(bytes.context());
    if (!container) return std::unexpected(container.error());
    auto track = choose_track(**container);
    if (!track) return std::unexpected(track.error());
    const AVCodecParameters& video = *(*track)->codecpar;
    if (video.width > limits.max_width || video.height > limits.max_height) {
        return refuse("The clip's frames are too large");
    }
    auto codec = open_codec(**track, limits);
    if (!codec) return std::unexpected(codec.error());
    return ClipDecoder(limits, on_frame, std::move(*container), **track, std::move(*codec)).run();
}

}  // namespace facegate::media
