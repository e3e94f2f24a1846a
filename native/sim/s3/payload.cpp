#include "sim/s3/payload.hpp"

#include "core/s3/sha256.hpp"
#include "core/s3/sigv4.hpp"
#include "sim/s3/aws_chunked.hpp"
#include "sim/s3/digits.hpp"
#include "sim/s3/fault.hpp"

namespace s3pipes::sim {
namespace {

void check_hash(const Call& call, std::string_view claimed) {
    const auto computed =
        call.body.empty() ? std::string(empty_payload_sha256) : sha256_hex(call.body);
    if (claimed != computed)
        throw Fault(code::sha256_mismatch)
            .with("ClientComputedContentSHA256", claimed)
            .with("S3ComputedContentSHA256", computed);
}

bool is_hash(std::string_view text) {
    return text.size() == empty_payload_sha256.size() &&
           text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

void receive_payload(Call& call, const Seal* seal) {
    const auto header = call.header("x-amz-content-sha256");
    const std::string_view payload =
        seal ? std::string_view(seal->payload) : header.value_or("UNSIGNED-PAYLOAD");
    if (payload == "UNSIGNED-PAYLOAD") return;
    if (!payload.starts_with("STREAMING-")) {
        if (!is_hash(payload))
            throw Fault(code::invalid_argument,
                        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                        "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
                .with("ArgumentName", "x-amz-content-sha256");
        if (seal) check_hash(call, payload);
        return;
    }
    ChunkFrame frame;
    frame.seal = seal;
    frame.trailers = payload.ends_with("-TRAILER");
    frame.signed_chunks = payload == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" ||
                          payload == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    if (!frame.signed_chunks && payload != "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        throw Fault(code::not_implemented).with("Header", "x-amz-content-sha256");
    if (frame.trailers) frame.trailer_names = call.header("x-amz-trailer").value_or("");

    const auto decoded = parse_number(call.header("x-amz-decoded-content-length").value_or(""));
    if (!decoded) throw Fault(code::missing_content_length);
    auto unframed = read_aws_chunked(call.body, frame);
    if (unframed.bytes.size() != *decoded)
        throw Fault(code::incomplete_body,
                    "You did not provide the number of bytes specified by the "
                    "x-amz-decoded-content-length HTTP header");
    call.unframed = std::move(unframed.bytes);
    call.trailers = std::move(unframed.trailers);
    call.body = call.unframed;
}

}  // namespace s3pipes::sim
