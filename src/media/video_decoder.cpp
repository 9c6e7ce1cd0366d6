#include "media/video_decoder.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>

#include "media/frame_converter.h"
#include "media/video_container.h"

namespace facegate::media {
namespace {

/// Codecs hide some frames (VP8 alternate references), never most of them; the same bounds other tracks' packets.
constexpr int kPacketsPerFrame = 4;
constexpr AVRational kMilliseconds = {1, 1000};

struct CloseCodec {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct FreePacket {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FreeFrame {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
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

/// FFmpeg's own decoders by name: other libraries offer the same codecs.
const AVCodec* decoder_of(AVCodecID codec) {
    switch (codec) {
        case AV_CODEC_ID_VP8: return avcodec_find_decoder_by_name("vp8");
        case AV_CODEC_ID_VP9: return avcodec_find_decoder_by_name("vp9");
        case AV_CODEC_ID_H264: return avcodec_find_decoder_by_name("h264");
        default: return nullptr;
    }
}

std::expected<CodecPtr, VideoProblem> open_codec(const AVStream& track, const VideoLimits& limits) {
    const AVCodec* codec = decoder_of(track.codecpar->codec_id);
    if (codec == nullptr) return std::unexpected(VideoProblem::kNoDecoder);
    CodecPtr context(avcodec_alloc_context3(codec));
    if (!context) throw std::bad_alloc();
    if (avcodec_parameters_to_context(context.get(), track.codecpar) < 0) {
        return std::unexpected(VideoProblem::kDamagedVideo);
    }
    context->thread_count = 1;
    context->pkt_timebase = track.time_base;
    context->max_pixels = static_cast<std::int64_t>(limits.max_width) * limits.max_height;
    if (avcodec_open2(context.get(), codec, nullptr) < 0) return std::unexpected(VideoProblem::kDamagedVideo);
    return context;
}

/// A field of an FFmpeg structure that a container may have filled with any number: no value of its enumeration.
template <class Enumeration>
int number_in(const Enumeration& field) {
    static_assert(sizeof field == sizeof(int));
    int number = 0;
    std::memcpy(&number, &field, sizeof number);
    return number;
}

/// VP8's decoder announces its default on every frame, whatever the recorder did and wrote into the container; in the
/// other codecs it is part of the stream.
VideoColour colour_of(const AVFrame& frame, const AVCodecParameters& container) {
    int space = number_in(container.color_space);
    int range = number_in(container.color_range);
    if (container.codec_id != AV_CODEC_ID_VP8) {
        if (number_in(frame.colorspace) != AVCOL_SPC_UNSPECIFIED) space = number_in(frame.colorspace);
        if (number_in(frame.color_range) != AVCOL_RANGE_UNSPECIFIED) range = number_in(frame.color_range);
    }
    return {space == AVCOL_SPC_BT709, range == AVCOL_RANGE_JPEG};
}

/// The frame that the codec has just given.
class CodecFrame final : public DecodedFrame {
public:
    CodecFrame(const AVFrame& frame, const FrameInfo& info, VideoColour colour, FrameConverter& converter)
        : frame_(frame), info_(info), colour_(colour), converter_(converter) {}

    [[nodiscard]] const FrameInfo& info() const override { return info_; }
    void write_rgb(std::uint8_t* rows) const override { converter_.to_rgb(frame_, colour_, rows); }

private:
    const AVFrame& frame_;
    FrameInfo info_;
    VideoColour colour_;
    FrameConverter& converter_;
};

/// Runs one clip through the decoder. Lives for one call.
class ClipDecoder {
public:
    ClipDecoder(const VideoLimits& limits, const FrameTaker& on_frame, VideoContainer& container, CodecPtr codec)
        : limits_(limits),
          on_frame_(on_frame),
          container_(container),
          codec_(std::move(codec)),
          packet_(av_packet_alloc()),
          frame_(av_frame_alloc()),
          converter_(container.orientation()),
          summary_(container.facts()) {
        if (!packet_ || !frame_) throw std::bad_alloc();
    }

    Decoded run() {
        int packets = 0;
        while (!stopped_) {
            const auto [status, damaged] = container_.read(*packet_);
            if (damaged) {
                ++summary_.damaged;
                whole_ = false;
                sane_ = false;
            }
            if (status < 0) {
                if (status != AVERROR_EOF && !damaged) ++summary_.damaged;
                break;
            }
            const bool ours = packet_->stream_index == container_.track().index;
            const auto sent = ours ? send_packet() : std::nullopt;
            av_packet_unref(packet_.get());
            if (sent) return refuse(*sent);
            if (++packets > limits_.max_frames * kPacketsPerFrame) return refuse(VideoProblem::kTooManyFrames);
            if (thread_time() - began_ >= limits_.max_work) return refuse(VideoProblem::kTooCostly);
            if (!ours) continue;
            if (const auto problem = take_frames()) return refuse(*problem);
        }
        if (const auto problem = drain()) return refuse(*problem);
        if (summary_.frames == 0) return refuse(VideoProblem::kNoFrame);
        const auto span = summary_.last_pts_ms - summary_.first_pts_ms;
        if (span > 0) summary_.observed_fps = 1000.0 * (summary_.frames - 1) / static_cast<double>(span);
        return summary_;
    }

private:
    static Decoded refuse(VideoProblem problem) { return std::unexpected(problem); }

    std::optional<VideoProblem> send_packet() {
        if ((packet_->flags & AV_PKT_FLAG_KEY) != 0) {
            if (!sane_) {
                if (const auto problem = start_again()) return problem;
            }
            key_seen_ = whole_ = true;
        }
        // Without what they refer to, frames would be decoded into something that nobody filmed.
        if (!key_seen_) {
            ++summary_.dropped_before_key;
        } else if (!whole_) {
            ++summary_.damaged;
        } else if (avcodec_send_packet(codec_.get(), packet_.get()) < 0) {
            ++summary_.damaged;
            sane_ = false;
        }
        return std::nullopt;
    }

    /// After damage a decoder may refuse even key frames (VP9's does once a header lied about the size).
    std::optional<VideoProblem> start_again() {
        if (const auto problem = drain()) return problem;
        auto fresh = open_codec(container_.track(), limits_);
        if (!fresh) return fresh.error();
        codec_ = std::move(*fresh);
        sane_ = true;
        return std::nullopt;
    }

    /// Takes the frames that the decoder still holds back.
    std::optional<VideoProblem> drain() {
        if (stopped_) return std::nullopt;
        avcodec_send_packet(codec_.get(), nullptr);
        return take_frames();
    }

    std::optional<VideoProblem> take_frames() {
        while (!stopped_) {
            const int received = avcodec_receive_frame(codec_.get(), frame_.get());
            if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) return std::nullopt;
            if (received < 0) {
                ++summary_.damaged;
                sane_ = false;
                return std::nullopt;
            }
            const auto problem = hand_over();
            av_frame_unref(frame_.get());
            if (problem) return problem;
        }
        return std::nullopt;
    }

    std::optional<VideoProblem> hand_over() {
        if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
            ++summary_.damaged;
            return std::nullopt;
        }
        FrameInfo info{0, frame_->width, frame_->height};
        if (container_.orientation() >= 5) std::swap(info.width, info.height);
        if (std::max(info.width, frame_->width) > limits_.max_width ||
            std::max(info.height, frame_->height) > limits_.max_height) {
            return VideoProblem::kTooLarge;
        }
        if (!FrameConverter::accepts(frame_->format)) return VideoProblem::kUnknownPixels;
        if (summary_.frames >= limits_.max_frames) return VideoProblem::kTooManyFrames;
        note_time();
        if (summary_.last_pts_ms > limits_.max_duration_ms) return VideoProblem::kTooLong;
        ++summary_.frames;
        if (frame_->key_frame != 0) ++summary_.key_frames;
        info.pts_ms = summary_.last_pts_ms;
        stopped_ = !on_frame_(CodecFrame(*frame_, info, colour_of(*frame_, container_.video()), converter_));
        return std::nullopt;
    }

    /// A frame without a time, or with one that goes back, gets the time of the last one.
    void note_time() {
        const std::int64_t last = summary_.last_pts_ms;
        const bool first = summary_.frames == 0;
        std::int64_t pts = -1;
        if (frame_->best_effort_timestamp != AV_NOPTS_VALUE) {
            pts = av_rescale_q(frame_->best_effort_timestamp, container_.track().time_base, kMilliseconds);
        }
        if (first) {
            summary_.first_pts_ms = summary_.last_pts_ms = std::max<std::int64_t>(pts, 0);
            return;
        }
        if (pts <= last) ++summary_.irregular_pts;
        summary_.last_pts_ms = std::max(pts, last);
        summary_.largest_gap_ms = std::max(summary_.largest_gap_ms, summary_.last_pts_ms - last);
    }

    const VideoLimits& limits_;
    const FrameTaker& on_frame_;
    VideoContainer& container_;
    CodecPtr codec_;
    PacketPtr packet_;
    FramePtr frame_;
    FrameConverter converter_;
    VideoSummary summary_;
    const Milliseconds began_ = thread_time();
    bool key_seen_ = false;
    bool whole_ = false;  // nothing is missing since the last key frame
    bool sane_ = true;    // nor did the decoder meet anything that it could not read
    bool stopped_ = false;
};

const char* message_of(VideoProblem problem) {
    switch (problem) {
        case VideoProblem::kTooManyBytes: return "The clip is too large";
        case VideoProblem::kUnknownContainer: return "The clip is neither WebM, Matroska nor MP4";
        case VideoProblem::kDamagedContainer: return "The clip's container is damaged";
        case VideoProblem::kNoVideo: return "The clip holds no video of an accepted codec";
        case VideoProblem::kDamagedVideo: return "The clip's video is damaged";
        case VideoProblem::kUnknownPixels: return "The clip's pixels are not 8-bit YUV";
        case VideoProblem::kTooLarge: return "The clip's frames are too large";
        case VideoProblem::kTooManyFrames: return "The clip has too many frames";
        case VideoProblem::kTooLong: return "The clip is too long";
        case VideoProblem::kTooCostly: return "The clip takes too long to decode";
        case VideoProblem::kNoFrame: return "The clip holds no decodable frame";
        case VideoProblem::kNoDecoder: return "This server's FFmpeg lacks the decoder or demuxer that the clip needs";
    }
    return "The clip cannot be used";
}

}  // namespace

std::size_t WholeClip::read(std::span<std::uint8_t> out) {
    const std::size_t count = std::min(out.size(), left_.size());
    std::copy_n(left_.begin(), count, out.begin());
    left_ = left_.subspan(count);
    return count;
}

VideoFrame frame_of(const DecodedFrame& frame, std::vector<std::uint8_t>& rows) {
    const FrameInfo& info = frame.info();
    rows.resize(padded_size(info.width, info.height));
    frame.write_rgb(rows.data());
    return {info.pts_ms, unpadded(rows.data(), info.width, info.height)};
}

Error error_of(VideoProblem problem) {
    const bool ours = problem == VideoProblem::kNoDecoder;
    return {ours ? ErrorCode::kInternalError : ErrorCode::kInvalidImageFormat, message_of(problem), {}, {}};
}

Decoded decode_stream(ByteSource& clip, const VideoLimits& limits, const FrameTaker& on_frame) {
    configure_ffmpeg();
    auto container = VideoContainer::open(clip, limits);
    if (!container) return std::unexpected(container.error());
    auto codec = open_codec(container->track(), limits);
    if (!codec) return std::unexpected(codec.error());
    return ClipDecoder(limits, on_frame, *container, std::move(*codec)).run();
}

Result<VideoSummary> decode_video(ByteView clip, const VideoLimits& limits,
                                  const std::function<bool(VideoFrame&&)>& on_frame) {
    if (clip.size() > limits.max_bytes) return std::unexpected(error_of(VideoProblem::kTooManyBytes));
    WholeClip source(clip);
    std::vector<std::uint8_t> rows;
    const Decoded decoded =
        decode_stream(source, limits, [&](const DecodedFrame& frame) { return on_frame(frame_of(frame, rows)); });
    if (!decoded) return std::unexpected(error_of(decoded.error()));
    return *decoded;
}

void warm_up_decoders() {
    configure_ffmpeg();
    for (const AVCodecID id : {AV_CODEC_ID_VP8, AV_CODEC_ID_VP9, AV_CODEC_ID_H264}) {
        const AVCodec* decoder = decoder_of(id);
        if (decoder == nullptr) continue;
        const CodecPtr context(avcodec_alloc_context3(decoder));
        if (!context) throw std::bad_alloc();
        context->thread_count = 1;
        avcodec_open2(context.get(), decoder, nullptr);
    }
}

}  // namespace facegate::media
