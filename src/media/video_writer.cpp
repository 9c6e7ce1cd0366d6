#include "media/video_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <stdexcept>
#include <utility>

namespace facegate::media {
namespace {

constexpr int kBufferSize = 64 * 1024;
constexpr AVRational kMilliseconds = {1, 1000};

const char* encoder_of(VideoCodec codec) {
    switch (codec) {
        case VideoCodec::kVp8: return "libvpx";
        case VideoCodec::kVp9: return "libvpx-vp9";
        case VideoCodec::kH264: return "libx264";
    }
    return "";
}
const char* muxer_of(VideoContainer container) {
    switch (container) {
        case VideoContainer::kWebm: return "webm";
        case VideoContainer::kMatroska: return "matroska";
        case VideoContainer::kFragmentedMp4: return "mp4";
    }
    return "";
}
void check(bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
}

}  // namespace

struct VideoWriter::Encoder {
    explicit Encoder(const VideoFormat& wanted) : format(wanted) {
        av_log_set_level(AV_LOG_QUIET);
        const AVCodec* found = avcodec_find_encoder_by_name(encoder_of(format.codec));
        check(found != nullptr, "FFmpeg lacks a video encoder");
        codec = avcodec_alloc_context3(found);
        packet = av_packet_alloc();
        frame = av_frame_alloc();
        check(codec != nullptr && packet != nullptr && frame != nullptr, "no memory for a video encoder");
        codec->width = format.width;
        codec->height = format.height;
        codec->pix_fmt = AV_PIX_FMT_YUV420P;
        codec->time_base = kMilliseconds;
        codec->framerate = {30,
                            1};  // about: else x264 takes every millisecond for a frame and shares the bits among all
        codec->bit_rate = format.bits_per_second;
        codec->gop_size = format.frames_between_keys;
        codec->max_b_frames = 0;
        codec->thread_count = 1;
        if (format.codec == VideoCodec::kH264) {
            av_opt_set(codec->priv_data, "preset", "ultrafast", 0);
            av_opt_set(codec->priv_data, "tune", "zerolatency", 0);
        } else {
            av_opt_set(codec->priv_data, "deadline", "realtime", 0);
            // Negative: always that fast. Positive lets VP8 follow the clock, and no two runs agree.
            av_opt_set_int(codec->priv_data, "cpu-used", -8, 0);
            av_opt_set_int(codec->priv_data, "lag-in-frames", 0, 0);
        }
        check(avformat_alloc_output_context2(&muxer, nullptr, muxer_of(format.container), nullptr) >= 0,
              "FFmpeg lacks a video muxer");
        muxer->flags |= AVFMT_FLAG_BITEXACT;  // no random identifiers
        if ((muxer->oformat->flags & AVFMT_GLOBALHEADER) != 0) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        check(avcodec_open2(codec, found, nullptr) >= 0, "the video encoder does not open");
        AVStream* track = avformat_new_stream(muxer, nullptr);
        check(track != nullptr && avcodec_parameters_from_context(track->codecpar, codec) >= 0, "no video track");
        track->time_base = kMilliseconds;
        auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferSize));
        check(buffer != nullptr, "no memory for a video");
        muxer->pb = avio_alloc_context(buffer, kBufferSize, 1, &written, nullptr, collect, nullptr);
        check(muxer->pb != nullptr, "no memory for a video");
        muxer->pb->seekable = 0;
        AVDictionary* options = nullptr;
        if (format.container == VideoContainer::kFragmentedMp4) {
            av_dict_set(&options, "movflags", "frag_every_frame+empty_moov+default_base_moof", 0);
        } else {
            av_dict_set(&options, "live", "1", 0);
        }
        const int header = avformat_write_header(muxer, &options);
        av_dict_free(&options);
        check(header >= 0, "the video's header cannot be written");
        frame->format = codec->pix_fmt;
        frame->width = codec->width;
        frame->height = codec->height;
        check(av_frame_get_buffer(frame, 0) >= 0, "no memory for a video frame");
        scaler = sws_getContext(format.width, format.height, AV_PIX_FMT_RGB24, format.width, format.height,
                                AV_PIX_FMT_YUV420P, SWS_BILINEAR, nullptr, nullptr, nullptr);
        check(scaler != nullptr, "no colour conversion");
    }
    ~Encoder() {
        sws_freeContext(scaler);
        av_frame_free(&frame);
        av_packet_free(&packet);
        avcodec_free_context(&codec);
        if (muxer != nullptr && muxer->pb != nullptr) {
            av_freep(&muxer->pb->buffer);
            avio_context_free(&muxer->pb);
        }
        avformat_free_context(muxer);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    static int collect(void* self, std::uint8_t* bytes, int size) {
        auto& out = *static_cast<Bytes*>(self);
        out.insert(out.end(), bytes, bytes + size);
        return size;
    }

    void encode(const AVFrame* picture) {
        check(avcodec_send_frame(codec, picture) >= 0, "a video frame cannot be encoded");
        while (avcodec_receive_packet(codec, packet) >= 0) {
            av_packet_rescale_ts(packet, codec->time_base, muxer->streams[0]->time_base);
            packet->stream_index = 0;
            check(av_write_frame(muxer, packet) >= 0, "a video frame cannot be written");
            av_packet_unref(packet);
        }
    }

    VideoFormat format;
    Bytes written;
    AVCodecContext* codec = nullptr;
    AVFormatContext* muxer = nullptr;
    AVPacket* packet = nullptr;
    AVFrame* frame = nullptr;
    SwsContext* scaler = nullptr;
};

VideoWriter::VideoWriter(const VideoFormat& format) : encoder_(std::make_unique<Encoder>(format)) {}
VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Image& image, std::int64_t pts_ms) {
    AVFrame* frame = encoder_->frame;
    check(image.width == frame->width && image.height == frame->height, "a video frame of another size");
    check(av_frame_make_writable(frame) >= 0, "no memory for a video frame");
    const std::uint8_t* rows[] = {image.pixels.data()};
    const int strides[] = {image.width * 3};
    sws_scale(encoder_->scaler, rows, strides, 0, image.height, frame->data, frame->linesize);
    frame->pts = pts_ms;
    encoder_->encode(frame);
}

Bytes VideoWriter::take() {
    av_write_frame(encoder_->muxer, nullptr);
    avio_flush(encoder_->muxer->pb);
    return std::exchange(encoder_->written, {});
}

Bytes VideoWriter::finish() {
    encoder_->encode(nullptr);
    check(av_write_trailer(encoder_->muxer) >= 0, "the video's end cannot be written");
    avio_flush(encoder_->muxer->pb);
    return std::exchange(encoder_->written, {});
}

}  // namespace facegate::media
