#include "media/jpeg_encoder.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs what is above.
#include <jpeglib.h>

#include <cstdlib>
#include <stdexcept>

namespace facegate::media {
namespace {

struct ErrorJump {
    jpeg_error_mgr manager{};
    std::jmp_buf place{};
};

void jump_back(j_common_ptr info) {
    std::longjmp(reinterpret_cast<ErrorJump*>(info->err)->place, 1);
}

struct Output {
    unsigned char* memory = nullptr;
    unsigned long size = 0;
};

/// False when the library refuses. Holds nothing with a destructor: the library leaves it by longjmp.
bool encode(const Image& image, int quality, jpeg_compress_struct& info, ErrorJump& error, Output& output) {
    info.err = jpeg_std_error(&error.manager);
    error.manager.error_exit = jump_back;
    if (setjmp(error.place) != 0) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &output.memory, &output.size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        // The library takes rows as mutable memory but only reads them.
        auto* row = const_cast<JSAMPROW>(image.at(0, static_cast<int>(info.next_scanline)));
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
}

}  // namespace

Bytes encode_jpeg(const Image& image, int quality) {
    jpeg_compress_struct info{};
    ErrorJump error;
    Output output;
    const bool done = encode(image, quality, info, error, output);
    jpeg_destroy_compress(&info);
    Bytes bytes;
    if (done) bytes.assign(output.memory, output.memory + output.size);
    std::free(output.memory);
    if (!done) throw std::runtime_error("the image cannot be encoded as JPEG");
    return bytes;
}

}  // namespace facegate::media
