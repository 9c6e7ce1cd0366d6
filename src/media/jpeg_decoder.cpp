#include "media/jpeg_decoder.h"

#include <csetjmp>
#include <cstddef>
#include <cstdio>

// These two need what is above, and the second the first.
#include <jpeglib.h>

#include <jerror.h>

namespace facegate::media {
namespace {

/// A photo has at most about ten progressive scans; each one more costs a pass over all blocks for a few bytes.
constexpr int kMaxScans = 100;
/// The coefficients of the largest image let in (25 megapixels, four components) with some room.
constexpr long kMaxWorkingMemory = 256L << 20;

struct ErrorTrap {
    jpeg_error_mgr manager;  // first: libjpeg hands its address back
    std::jmp_buf landing;
};

[[noreturn]] void leave(j_common_ptr info) {
    std::longjmp(reinterpret_cast<ErrorTrap*>(info->err)->landing, 1);
}

void keep_silent(j_common_ptr /*info*/) {}

/// libjpeg patches damaged data with grey and goes on; a face must not be judged on such a picture.
void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER:
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
        case JWRN_MUST_RESYNC:
        case JWRN_BOGUS_PROGRESSION: leave(info);
        default: break;
    }
}

void on_progress(j_common_ptr info) {
    const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
    if (decompress->input_scan_number > kMaxScans) leave(info);
}

/// One decompression. libjpeg reports errors by longjmp, so every method that calls it is a plain frame without
/// destructors that returns false on any error; afterwards the object may only be destroyed.
class JpegReader {
public:
    JpegReader() {
        info_.err = jpeg_std_error(&trap_.manager);
        trap_.manager.error_exit = leave;
        trap_.manager.output_message = keep_silent;
        trap_.manager.emit_message = on_message;
        progress_.progress_monitor = on_progress;
    }
    ~JpegReader() { jpeg_destroy_decompress(&info_); }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    bool read_header(ByteView bytes) {
        if (setjmp(trap_.landing) != 0) return false;
        jpeg_create_decompress(&info_);
        info_.mem->max_memory_to_use = kMaxWorkingMemory;
        info_.progress = &progress_;
        jpeg_mem_src(&info_, bytes.data(), static_cast<unsigned long>(bytes.size()));
        return jpeg_read_header(&info_, TRUE) == JPEG_HEADER_OK;
    }

    bool start() {
        if (setjmp(trap_.landing) != 0) return false;
        switch (info_.jpeg_color_space) {
            case JCS_GRAYSCALE:
            case JCS_YCbCr:
            case JCS_RGB: info_.out_color_space = JCS_RGB; break;
            case JCS_CMYK:
            case JCS_YCCK: info_.out_color_space = JCS_CMYK; break;
            default: return false;
        }
        return jpeg_start_decompress(&info_) == TRUE;
    }

    bool read_row(std::uint8_t* row) {
        if (setjmp(trap_.landing) != 0) return false;
        JSAMPROW rows[] = {row};
        return jpeg_read_scanlines(&info_, rows, 1) == 1;
    }

    /// Reads up to the end marker, so that a missing end is seen.
    bool finish() {
        if (setjmp(trap_.landing) != 0) return false;
        return jpeg_finish_decompress(&info_) == TRUE;
    }

    [[nodiscard]] std::size_t width() const { return info_.image_width; }
    [[nodiscard]] std::size_t height() const { return info_.image_height; }
    [[nodiscard]] bool is_cmyk() const { return info_.out_color_space == JCS_CMYK; }
    /// Adobe stores the four inks inverted.
    [[nodiscard]] bool is_inverted() const { return info_.saw_Adobe_marker == TRUE; }

private:
    jpeg_decompress_struct info_{};
    ErrorTrap trap_{};
    jpeg_progress_mgr progress_{};
};

void cmyk_to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, std::size_t width, bool inverted) {
    const unsigned flip = inverted ? 0 : 255;
    for (std::size_t x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
        const unsigned white = cmyk[3] ^ flip;
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(((cmyk[c] ^ flip) * white + 127) / 255);
    }
}

bool read_pixels(JpegReader& reader, Image& image) {
    const std::size_t stride = reader.width() * 3;
    std::vector<std::uint8_t> inks(reader.is_cmyk() ? reader.width() * 4 : 0);
    for (std::size_t y = 0; y < reader.height(); ++y) {
        std::uint8_t* row = image.pixels.data() + y * stride;
        if (!reader.read_row(inks.empty() ? row : inks.data())) return false;
        if (!inks.empty()) cmyk_to_rgb(inks.data(), row, reader.width(), reader.is_inverted());
    }
    return reader.finish();
}

}  // namespace

Result<Image> decode_jpeg(ByteView bytes, const ImageLimits& limits) {
    JpegReader reader;
    const auto damaged = [] { return fail(ErrorCode::kInvalidImageFormat, "The JPEG is truncated or damaged"); };
    if (!reader.read_header(bytes)) return damaged();
    if (reader.width() == 0 || reader.height() == 0) return damaged();
    if (reader.width() > limits.max_pixels / reader.height()) {
        return fail(ErrorCode::kImageTooLarge, "The image has too many pixels");
    }
    if (!reader.start()) return damaged();
    Image image{static_cast<int>(reader.width()), static_cast<int>(reader.height()),
                std::vector<std::uint8_t>(reader.width() * reader.height() * 3)};
    if (!read_pixels(reader, image)) return damaged();
    return image;
}

}  // namespace facegate::media
