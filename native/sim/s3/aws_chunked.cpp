#include "sim/s3/aws_chunked.hpp"

#include <algorithm>
#include <charconv>

#include "core/s3/sha256.hpp"
#include "core/s3/sigv4.hpp"
#include "sim/s3/fault.hpp"
#include "sim/s3/letters.hpp"

namespace s3pipes::sim {
namespace {

constexpr std::size_t least_chunk_bytes = 8192;  // but for the last
constexpr std::string_view signature_mark = ";chunk-signature=";
constexpr std::string_view trailer_signature = "x-amz-trailer-signature";

[[noreturn]] void refuse_frame() {
    throw Fault(code::incomplete_body,
                "The request body terminated unexpectedly or is no aws-chunked body");
}

class Frame {
  public:
    Frame(std::string_view framed, const ChunkFrame& rules) : rest_(framed), rules_(rules) {
        if (rules.seal) previous_ = rules.seal->signature;
    }

    Unframed read() {
        Unframed out;
        out.bytes.reserve(rest_.size());
        for (bool short_one = false;;) {
            const auto [size, signature] = read_chunk_head();
            if (size > rest_.size()) refuse_frame();
            const auto bytes = rest_.substr(0, size);
            rest_.remove_prefix(size);
            if (rules_.signed_chunks) check_chunk(bytes, signature);
            if (size == 0) break;
            if (short_one) throw Fault(code::invalid_chunk_size);
            short_one = size < least_chunk_bytes;
            out.bytes += bytes;
            if (!take("\r\n")) refuse_frame();
        }
        if (rules_.trailers) read_trailers(out.trailers);
        // Some senders leave out the last line break.
        if (!rest_.empty() && rest_ != "\r\n") refuse_frame();
        return out;
    }

  private:
    struct ChunkHead {
        std::size_t size;
        std::string_view signature;
    };

    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    std::string_view read_line() {
        const auto end = rest_.find("\r\n");
        if (end == rest_.npos) refuse_frame();
        const auto line = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return line;
    }

    ChunkHead read_chunk_head() {
        const auto line = read_line();
        ChunkHead head{};
        const auto* const end = line.data() + line.size();
        const auto [stop, error] = std::from_chars(line.data(), end, head.size, 16);
        if (error != std::errc{}) refuse_frame();
        const auto extension = std::string_view(stop, static_cast<std::size_t>(end - stop));
        if (extension.starts_with(signature_mark))
            head.signature = extension.substr(signature_mark.size());
        else if (!extension.empty() && extension[0] != ';')
            refuse_frame();
        return head;
    }

    void check_signature(std::string_view kind, const std::string& digests,
                         std::string_view signature) {
        if (!rules_.seal) return;
        std::string to_sign(kind);
        to_sign.append("\n").append(rules_.seal->timestamp).append("\n");
        to_sign.append(rules_.seal->scope).append("\n").append(previous_).append("\n");
        to_sign.append(digests);
        previous_ = seal_signature(*rules_.seal, to_sign);
        if (previous_ != signature)
            throw Fault(code::signature_mismatch)
                .with("StringToSign", to_sign)
                .with("SignatureProvided", signature);
    }

    void check_chunk(std::string_view bytes, std::string_view signature) {
        if (!rules_.seal) return;
        check_signature("AWS4-HMAC-SHA256-PAYLOAD",
                        std::string(empty_payload_sha256) + "\n" + sha256_hex(bytes), signature);
    }

    void read_trailers(Headers& trailers) {
        std::string canonical;
        std::string_view signature;
        while (!rest_.empty() && rest_ != "\r\n") {
            const auto line = read_line();
            if (line.empty()) continue;
            const auto colon = line.find(':');
            if (colon == line.npos) throw Fault(code::malformed_trailer);
            auto name = lowered(trimmed(line.substr(0, colon)));
            const auto value = trimmed(line.substr(colon + 1));
            if (name == trailer_signature) {
                signature = value;
                continue;
            }
            canonical.append(name).append(":").append(value).append("\n");
            trailers.emplace_back(std::move(name), value);
        }
        check_names(trailers);
        if (rules_.signed_chunks && !trailers.empty())
            check_signature("AWS4-HMAC-SHA256-TRAILER", sha256_hex(canonical), signature);
    }

    // As many as promised, and those.
    void check_names(const Headers& trailers) const {
        std::size_t promised = 0;
        for (auto names = rules_.trailer_names; !names.empty(); ++promised) {
            const auto comma = std::min(names.find(','), names.size());
            const auto name = trimmed(names.substr(0, comma));
            names.remove_prefix(std::min(comma + 1, names.size()));
            if (std::none_of(trailers.begin(), trailers.end(), [&](const auto& trailer) {
                    return same_letters(trailer.first, name);
                }))
                throw Fault(code::malformed_trailer);
        }
        if (promised != trailers.size()) throw Fault(code::malformed_trailer);
    }

    std::string_view rest_;
    const ChunkFrame& rules_;
    std::string previous_;
};

}  // namespace

Unframed read_aws_chunked(std::string_view framed, const ChunkFrame& frame) {
    return Frame(framed, frame).read();
}

}  // namespace s3pipes::sim
