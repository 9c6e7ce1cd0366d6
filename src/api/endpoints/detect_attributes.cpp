#include "api/endpoints/face_detail.h"
#include "api/image_field.h"
#include "api/services.h"

namespace facegate::api {

namespace {

struct DetectAttributesRequest {
    std::string image;

    static const Schema<DetectAttributesRequest>& schema() {
        static const Schema<DetectAttributesRequest> kSchema(
            "DetectAttributesRequest",
            {image_field("image", &DetectAttributesRequest::image, "The photo; its largest face is described.")});
        return kSchema;
    }
};

Result<FaceDetail> detect_attributes(Services& services, Call<DetectAttributesRequest>& call) {
    const Result<Bytes> image = decode_image_field(call.body.image);
    if (!image) return std::unexpected(image.error());
    const Result<provider::InspectedPhoto> photo = services.photos.inspect(*image);
    if (!photo) {
        if (photo.error().code != ErrorCode::kNoFaceDetected) return std::unexpected(photo.error());
        return fail(ErrorCode::kNoFaceInImage, "The image shows no face that could be described");
    }
    return face_detail(*photo);
}

}  // namespace

void add_detect_attributes_route(RouteTable& routes, Services& services) {
    routes.add<DetectAttributesRequest, FaceDetail>(
        {.method = "POST",
         .path = "/v1/detect-attributes",
         .summary = "Describe the largest face of a photo",
         .doc = "In the shape of Amazon Rekognition's FaceDetail, with what enrollment would say to the photo. Nothing "
                "is stored or compared. Age, gender, race and emotion are deliberately not inferred.",
         .tag = "Authentication",
         .auth = Auth::kSecretKey,
         .body_limit = kImageRequestLimit,
         .errors = {ErrorCode::kInvalidImageFormat, ErrorCode::kImageTooLarge, ErrorCode::kNoFaceInImage,
                    ErrorCode::kOverloaded, ErrorCode::kProviderError}},
        [&services](Call<DetectAttributesRequest>& call) { return detect_attributes(services, call); });
}

}  // namespace facegate::api
