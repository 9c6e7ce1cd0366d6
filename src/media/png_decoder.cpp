#include "media/png_decoder.h"

#include <png.h>

#include <csetjmp>
#include <cstring>

#include "media/exif.h"
#include "media/orientation.h"

namespace facegate::media {
namespace {

constexpr png_uint_32 kMaxSide = 1'000'000;
constexpr png_alloc_size_t kMaxChunk = 1u << 20;
constexpr png_uint_32 kMaxCachedChunks = 16;
/// Nothing here changes what is seen, and several of them can unpack to far more than they weigh.
constexpr png_byte kSkippedChunks[] = "tEXt\0zTXt\0iTXt\0iCCP\0sPLT\0hIST\0pCAL\0sCAL\0bKGD\0tIME\0oFFs\0pHYs";
constexpr int kSkippedChunkCount = sizeof kSkippedChunks / 5;

[[noreturn]] void on_error(png_structp png, png_const_charp /*message*/) {
    png_longjmp(png, 1);
}
void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

/// One decompression. libpng reports errors by longjmp, so every method that calls it is a plain frame without
/// destructors that returns false on any error; afterwards the object may only be destroyed.
class PngReader {
public:
    explicit PngReader(ByteView bytes) : rest_(bytes) {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, on_error, on_warning);
        if (png_ != nullptr) info_ = png_create_info_struct(png_);
    }
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    bool read_header() {
        if (info_ == nullptr || setjmp(png_jmpbuf(png_)) != 0) return false;
        png_set_user_limits(png_, kMaxSide, kMaxSide);
        png_set_chunk_malloc_max(png_, kMaxChunk);
        png_set_chunk_cache_max(png_, kMaxCachedChunks);
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kSkippedChunks, kSkippedChunkCount);
        png_set_read_fn(png_, this, read_bytes);
        png_read_info(png_, info_);
        return true;
    }

    /// Asks for 8-bit RGB, or RGBA where anything is transparent.
    bool start() {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        png_set_expand(png_);
        png_set_scale_16(png_);
        png_set_gray_to_rgb(png_);
        passes_ = png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return png_get_bit_depth(png_, info_) == 8 && (channels() == 3 || channels() == 4);
    }

    bool read_row(std::uint8_t* row) {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        png_read_row(png_, row, nullptr);
        return true;
    }

    /// Reads up to IEND, so that a missing end is seen.
    bool finish() {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        png_read_end(png_, info_);
        return true;
    }

    [[nodiscard]] std::size_t width() const { return png_get_image_width(png_, info_); }
    [[nodiscard]] std::size_t height() const { return png_get_image_height(png_, info_); }
    [[nodiscard]] std::size_t channels() const { return png_get_channels(png_, info_); }
    [[nodiscard]] int passes() const { return passes_; }
    [[nodiscard]] int orientation() const {
        png_bytep exif = nullptr;
        png_uint_32 size = 0;
        if (png_get_eXIf_1(png_, info_, &size, &exif) == 0) return 1;
        return tiff_orientation({exif, size});
    }

private:
    static void read_bytes(png_structp png, png_bytep out, std::size_t size) {
        auto& rest = static_cast<PngReader*>(png_get_io_ptr(png))->rest_;
        if (size > rest.size()) png_error(png, "truncated");
        if (size == 0) return;
        std::memcpy(out, rest.data(), size);
        rest = rest.subspan(size);
    }

    ByteView rest_;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    int passes_ = 1;
};

void lay_on_white(const std::uint8_t* rgba, std::uint8_t* rgb, std::size_t width) {
    for (std::size_t x = 0; x < width; ++x, rgba += 4, rgb += 3) {
        const unsigned alpha = rgba[3];
        for (std::size_t c = 0; c < 3; ++c) {
            rgb[c] = static_cast<std::uint8_t>((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
    }
}

bool read_pixels(PngReader& reader, Image& image) {
    const std::size_t width = reader.width();
    const std::size_t height = reader.height();
    const bool transparent = reader.channels() == 4;
    // An interlaced image comes in passes that each need what the one before left in the row.
    const bool keep_rows = reader.passes() > 1;
    std::vector<std::uint8_t> rgba(transparent ? width * 4 * (keep_rows ? height : 1) : 0);
    for (int pass = 1; pass <= reader.passes(); ++pass) {
        for (std::size_t y = 0; y < height; ++y) {
            std::uint8_t* rgb_row = image.pixels.data() + y * width * 3;
            std::uint8_t* row = transparent ? rgba.data() + (keep_rows ? y : 0) * width * 4 : rgb_row;
            if (!reader.read_row(row)) return false;
            if (transparent && pass == reader.passes()) lay_on_white(row, rgb_row, width);
        }
    }
    return reader.finish();
}

}  // namespace

Result<Image> decode_png(ByteView bytes, const ImageLimits& limits) {
    PngReader reader(bytes);
    const auto damaged = [] { return fail(ErrorCode::kInvalidImageFormat, "The PNG is truncated or damaged"); };
    if (!reader.read_header()) return damaged();
    if (reader.width() == 0 || reader.height() == 0) return damaged();
    if (reader.width() > limits.max_pixels / reader.height()) {
        return fail(ErrorCode::kImageTooLarge, "The image has too many pixels");
    }
    if (!reader.start()) return damaged();
    Image image{static_cast<int>(reader.width()), static_cast<int>(reader.height()),
                std::vector<std::uint8_t>(reader.width() * reader.height() * 3)};
    if (!read_pixels(reader, image)) return damaged();
    return upright(std::move(image), reader.orientation());
}

}  // namespace facegate::media
