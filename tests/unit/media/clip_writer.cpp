#include "unit/media/clip_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

namespace facegate::media::testing {
namespace {

constexpr int kDigits = 12;
constexpr std::array<std::array<std::uint8_t, 3>, 4> kFields = {
    {{200, 60, 50}, {60, 180, 70}, {50, 80, 190}, {128, 128, 128}}};

struct Free {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
    void operator()(AVFormatContext* context) const {
        if (context->pb != nullptr) av_freep(&context->pb->buffer);
        avio_context_free(&context->pb);
        avformat_free_context(context);
    }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void check(int status, const char* what) {
    if (status < 0) throw std::runtime_error(std::string("clip writer: ") + what);
}

/// The digits' squares: two rows of six around the middle.
struct Square {
    int left = 0;
    int top = 0;
    int side = 0;
};
Square square_of(int digit, int width, int height) {
    const int side = std::min(width, height) / 10;
    const int column = digit % (kDigits / 2);
    const int row = digit / (kDigits / 2);
    return {width / 2 + (column - kDigits / 4) * side, height / 2 + (row - 1) * side, side};
}

void fill(Image& image, int left, int top, int width, int height, std::array<std::uint8_t, 3> colour) {
    for (int y = std::max(top, 0); y < std::min(top + height, image.height); ++y) {
        for (int x = std::max(left, 0); x < std::min(left + width, image.width); ++x) {
            std::copy(colour.begin(), colour.end(),
                      image.pixels.begin() + (static_cast<std::ptrdiff_t>(y) * image.width + x) * 3);
        }
    }
}

Colour mean_of(const Image& image, int left, int top, int side) {
    Colour sum;
    for (int y = top; y < top + side; ++y) {
        for (int x = left; x < left + side; ++x) {
            sum.red += image.at(x, y)[0];
            sum.green += image.at(x, y)[1];
            sum.blue += image.at(x, y)[2];
        }
    }
    const double count = static_cast<double>(side) * side;
    return {sum.red / count, sum.green / count, sum.blue / count};
}

/// RGB to planar YUV 4:2:0 by the definition (ITU-R BT.601, BT.709), in floating point.
class YuvMatrix {
public:
    YuvMatrix(bool bt709, bool full_range)
        : red_(bt709 ? 0.2126 : 0.299),
          blue_(bt709 ? 0.0722 : 0.114),
          luma_scale_(full_range ? 1 : 219.0 / 255),
          chroma_scale_(full_range ? 1 : 224.0 / 255),
          black_(full_range ? 0 : 16) {}

    void convert(const Image& image, AVFrame& frame) const {
        for (int y = 0; y < image.height; ++y) {
            for (int x = 0; x < image.width; ++x) {
                const std::uint8_t* rgb = image.at(x, y);
                const double luma = red_ * rgb[0] + (1 - red_ - blue_) * rgb[1] + blue_ * rgb[2];
                frame.data[0][y * frame.linesize[0] + x] = byte(black_ + luma * luma_scale_);
                if (x % 2 != 0 || y % 2 != 0) continue;
                frame.data[1][y / 2 * frame.linesize[1] + x / 2] =
                    byte(128 + (rgb[2] - luma) / (2 * (1 - blue_)) * chroma_scale_);
                frame.data[2][y / 2 * frame.linesize[2] + x / 2] =
                    byte(128 + (rgb[0] - luma) / (2 * (1 - red_)) * chroma_scale_);
            }
        }
    }

private:
    static std::uint8_t byte(double value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)); }

    double red_;
    double blue_;
    double luma_scale_;
    double chroma_scale_;
    double black_;
};

const char* encoder_name(const std::string& codec) {
    if (codec == "vp8") return "libvpx";
    if (codec == "vp9") return "libvpx-vp9";
    if (codec == "h264") return "libx264";
    return codec.c_str();
}

class Writer {
public:
    explicit Writer(const ClipOptions& options) : options_(options), packet_(av_packet_alloc()) {
        av_log_set_level(AV_LOG_QUIET);
        AVFormatContext* context = nullptr;
        check(avformat_alloc_output_context2(&context, nullptr, options.container.c_str(), nullptr), "container");
        muxer_.reset(context);
        auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferSize));
        muxer_->pb = avio_alloc_context(buffer, kBufferSize, 1, this, nullptr, append, nullptr);
        muxer_->pb->seekable = 0;
        open_video();
        if (options.audio) open_audio();
        AVDictionary* settings = nullptr;
        if (options.container == "mp4") {
            av_dict_set(&settings, "movflags", "empty_moov+frag_keyframe+default_base_moof", 0);
            av_dict_set(&settings, "frag_duration", "200000", 0);
        }
        const int begun = avformat_write_header(muxer_.get(), &settings);
        av_dict_free(&settings);
        check(begun, "header");
    }

    Bytes run() {
        const YuvMatrix matrix(options_.bt709, options_.full_range);
        for (int number = 0; number < options_.frames; ++number) {
            Owned<AVFrame> frame(av_frame_alloc());
            frame->format = video_->pix_fmt;
            frame->width = options_.width;
            frame->height = options_.height;
            check(av_frame_get_buffer(frame.get(), 0), "frame");
            Image picture = moving_pattern(number, options_.width, options_.height);
            if (options_.noise > 0) add_noise(picture);
            matrix.convert(picture, *frame);
            frame->pts = number;
            check(avcodec_send_frame(video_.get(), frame.get()), "encode");
            drain(*video_, *video_track_);
            if (audio_) write_audio_until(static_cast<double>(number + 1) / options_.fps);
        }
        check(avcodec_send_frame(video_.get(), nullptr), "flush");
        drain(*video_, *video_track_);
        check(av_write_trailer(muxer_.get()), "trailer");
        if (options_.annex_b) rename_codec();
        return std::move(bytes_);
    }

private:
    static constexpr int kBufferSize = 4096;

    static int append(void* self, std::uint8_t* data, int size) {
        auto& bytes = static_cast<Writer*>(self)->bytes_;
        bytes.insert(bytes.end(), data, data + size);
        return size;
    }

    void open_video() {
        const AVCodec* encoder = avcodec_find_encoder_by_name(encoder_name(options_.codec));
        if (encoder == nullptr) throw std::runtime_error("clip writer: no encoder " + options_.codec);
        video_.reset(avcodec_alloc_context3(encoder));
        video_->width = options_.width;
        video_->height = options_.height;
        video_->time_base = {1, options_.fps};
        video_->framerate = {options_.fps, 1};
        video_->pix_fmt = AV_PIX_FMT_YUV420P;
        video_->gop_size = options_.key_interval;
        video_->max_b_frames = options_.b_frames;
        video_->bit_rate = options_.bit_rate;
        if (options_.noise == 0) video_->qmax = 20;  // colours are compared
        video_->thread_count = 1;
        video_->colorspace = options_.bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
        video_->color_range = options_.full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
        if (!options_.annex_b && (muxer_->oformat->flags & AVFMT_GLOBALHEADER) != 0) {
            video_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        }
        AVDictionary* settings = nullptr;
        if (options_.codec == "h264") {
            av_dict_set(&settings, "preset", "ultrafast", 0);
            if (options_.b_frames == 0) av_dict_set(&settings, "tune", "zerolatency", 0);
            // Otherwise the encoder places key frames where it likes.
            av_dict_set(&settings, "sc_threshold", "0", 0);
        } else {
            av_dict_set(&settings, "deadline", "realtime", 0);
            av_dict_set(&settings, "cpu-used", "8", 0);
            av_dict_set(&settings, "lag-in-frames", "0", 0);
        }
        const int opened = avcodec_open2(video_.get(), encoder, &settings);
        av_dict_free(&settings);
        check(opened, "video encoder");
        video_track_ = avformat_new_stream(muxer_.get(), nullptr);
        video_track_->time_base = video_->time_base;
        video_track_->avg_frame_rate = video_->framerate;
        check(avcodec_parameters_from_context(video_track_->codecpar, video_.get()), "parameters");
        if (options_.annex_b) video_track_->codecpar->codec_id = AV_CODEC_ID_MPEG4;
        if (options_.rotation != 0) {
            // ISO/IEC 14496-12, 8.3.2: (x, y) is shown at (a x + c y, b x + d y), y downwards.
            constexpr std::int32_t kOne = 1 << 16;
            const std::int32_t cosine = options_.rotation == 180 ? -kOne : 0;
            const std::int32_t sine = options_.rotation == 90 ? kOne : options_.rotation == 270 ? -kOne : 0;
            const std::array<std::int32_t, 9> matrix{cosine, sine, 0, -sine, cosine, 0, 0, 0, 1 << 30};
            std::memcpy(av_stream_new_side_data(video_track_, AV_PKT_DATA_DISPLAYMATRIX, sizeof matrix), matrix.data(),
                        sizeof matrix);
        }
    }

    void open_audio() {
        const bool mp4 = options_.container == "mp4";
        const AVCodec* encoder = avcodec_find_encoder_by_name(mp4 ? "aac" : "libopus");
        if (encoder == nullptr) throw std::runtime_error("clip writer: no audio encoder");
        audio_.reset(avcodec_alloc_context3(encoder));
        audio_->sample_rate = 48'000;
        audio_->sample_fmt = mp4 ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
        audio_->time_base = {1, 48'000};
        audio_->bit_rate = 32'000;
        av_channel_layout_default(&audio_->ch_layout, 1);
        if ((muxer_->oformat->flags & AVFMT_GLOBALHEADER) != 0) audio_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        check(avcodec_open2(audio_.get(), encoder, nullptr), "audio encoder");
        audio_track_ = avformat_new_stream(muxer_.get(), nullptr);
        audio_track_->time_base = audio_->time_base;
        check(avcodec_parameters_from_context(audio_track_->codecpar, audio_.get()), "parameters");
    }

    void add_noise(Image& picture) {
        const std::uint64_t levels = 2 * static_cast<std::uint64_t>(options_.noise) + 1;
        for (std::uint8_t& value : picture.pixels) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            const int off = static_cast<int>((state_ >> 40) % levels) - options_.noise;
            value = static_cast<std::uint8_t>(std::clamp(value + off, 0, 255));
        }
    }

    void write_audio_until(double seconds) {
        while (static_cast<double>(samples_) < seconds * audio_->sample_rate) {
            Owned<AVFrame> frame(av_frame_alloc());
            frame->format = audio_->sample_fmt;
            frame->nb_samples = audio_->frame_size;
            frame->sample_rate = audio_->sample_rate;
            check(av_channel_layout_copy(&frame->ch_layout, &audio_->ch_layout), "layout");
            check(av_frame_get_buffer(frame.get(), 0), "samples");
            std::fill_n(frame->data[0], frame->linesize[0], std::uint8_t{0});
            frame->pts = samples_;
            samples_ += audio_->frame_size;
            check(avcodec_send_frame(audio_.get(), frame.get()), "encode");
            drain(*audio_, *audio_track_);
        }
    }

    void drain(AVCodecContext& encoder, AVStream& track) {
        while (avcodec_receive_packet(&encoder, packet_.get()) >= 0) {
            const bool video = &encoder == video_.get();
            if (video && packet_->pts < options_.lost_frames) {
                av_packet_unref(packet_.get());
                continue;
            }
            if (video && options_.stretched_after >= 0 && packet_->pts >= options_.stretched_after) {
                packet_->pts += options_.fps;
                packet_->dts += options_.fps;
            }
            // As in browsers, each key frame begins a cluster.
            const bool key = (packet_->flags & AV_PKT_FLAG_KEY) != 0;
            if (video && key && options_.container != "mp4") check(av_write_frame(muxer_.get(), nullptr), "flush");
            packet_->stream_index = track.index;
            av_packet_rescale_ts(packet_.get(), encoder.time_base, track.time_base);
            // In this order and at once, as browsers write.
            check(av_write_frame(muxer_.get(), packet_.get()), "write");
            av_packet_unref(packet_.get());
        }
    }

    /// The muxer insists on a codec header for H.264: it was told another codec of a name as long.
    void rename_codec() {
        constexpr std::string_view kOther = "V_MPEG4/ISO/ASP";
        const auto found = std::search(bytes_.begin(), bytes_.end(), kOther.begin(), kOther.end());
        if (found == bytes_.end()) throw std::runtime_error("clip writer: no codec name");
        std::copy_n("AVC", 3, found + 12);
    }

    ClipOptions options_;
    Bytes bytes_;
    Owned<AVPacket> packet_;
    Owned<AVFormatContext> muxer_;
    Owned<AVCodecContext> video_;
    Owned<AVCodecContext> audio_;
    AVStream* video_track_ = nullptr;
    AVStream* audio_track_ = nullptr;
    std::int64_t samples_ = 0;
    std::uint64_t state_ = 1;  // of the noise
};

}  // namespace

Image moving_pattern(int number, int width, int height) {
    Image image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * 3)};
    for (int field = 0; field < 4; ++field) {
        fill(image, field % 2 * (width / 2), field / 2 * (height / 2), width - width / 2, height - height / 2,
             kFields[static_cast<std::size_t>(field)]);
    }
    const int bar = std::max(width / 40, 2);
    fill(image, number * bar % width, height * 15 / 16, bar, height / 16, {255, 255, 255});
    for (int digit = 0; digit < kDigits; ++digit) {
        const Square square = square_of(digit, width, height);
        const std::uint8_t level = (number >> digit & 1) != 0 ? 255 : 0;
        fill(image, square.left, square.top, square.side, square.side, {level, level, level});
    }
    return image;
}

int number_of(const Image& frame) {
    int number = 0;
    for (int digit = 0; digit < kDigits; ++digit) {
        const Square square = square_of(digit, frame.width, frame.height);
        const Colour mean =
            mean_of(frame, square.left + square.side / 4, square.top + square.side / 4, square.side / 2);
        if (mean.green > 127) number |= 1 << digit;
    }
    return number;
}

Colour colour_of_field(const Image& frame, int field) {
    const int side = std::min(frame.width, frame.height) / 8;
    const int left = frame.width * (field % 2 == 0 ? 1 : 7) / 8 - side / 2;
    const int top = frame.height * (field / 2 == 0 ? 1 : 6) / 8 - side / 2;
    return mean_of(frame, std::max(left, 0), std::max(top, 0), side);
}

Colour drawn_colour(int field) {
    const auto& rgb = kFields[static_cast<std::size_t>(field)];
    return {static_cast<double>(rgb[0]), static_cast<double>(rgb[1]), static_cast<double>(rgb[2])};
}

Bytes write_clip(const ClipOptions& options) {
    return Writer(options).run();
}

}  // namespace facegate::media::testing
