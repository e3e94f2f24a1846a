// The errors of S3: code, status and words.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

namespace s3pipes::sim {

struct Code {
    const char* name;
    unsigned status;
    const char* message;
};

namespace code {

// clang-format off
inline constexpr Code access_denied{"AccessDenied", 403, "Access Denied"};
inline constexpr Code authorization_malformed{"AuthorizationHeaderMalformed", 400, "The authorization header is malformed"};
inline constexpr Code authorization_query{"AuthorizationQueryParametersError", 400, "Error parsing the X-Amz-Credential parameter"};
inline constexpr Code bad_digest{"BadDigest", 400, "The Content-MD5 you specified did not match what we received."};
inline constexpr Code bucket_owned{"BucketAlreadyOwnedByYou", 409, "Your previous request to create the named bucket succeeded and you already own it."};
inline constexpr Code bucket_not_empty{"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"};
inline constexpr Code entity_too_large{"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"};
inline constexpr Code entity_too_small{"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"};
inline constexpr Code expired_token{"ExpiredToken", 400, "The provided token has expired."};
inline constexpr Code illegal_location{"IllegalLocationConstraintException", 400, "The specified location-constraint is not valid"};
inline constexpr Code incomplete_body{"IncompleteBody", 400, "The request body terminated unexpectedly"};
inline constexpr Code internal_error{"InternalError", 500, "We encountered an internal error. Please try again."};
inline constexpr Code invalid_access_key{"InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."};
inline constexpr Code invalid_argument{"InvalidArgument", 400, "Invalid Argument"};
inline constexpr Code invalid_bucket_name{"InvalidBucketName", 400, "The specified bucket is not valid."};
inline constexpr Code invalid_chunk_size{"InvalidChunkSizeError", 403, "Only the last chunk is allowed to have a size less than 8192 bytes"};
inline constexpr Code invalid_digest{"InvalidDigest", 400, "The Content-MD5 you specified was invalid."};
inline constexpr Code invalid_part{"InvalidPart", 400, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."};
inline constexpr Code invalid_part_number{"InvalidPartNumber", 416, "The requested partnumber is not satisfiable"};
inline constexpr Code invalid_part_order{"InvalidPartOrder", 400, "The list of parts was not in ascending order. Parts must be ordered by part number."};
inline constexpr Code invalid_range{"InvalidRange", 416, "The requested range is not satisfiable"};
inline constexpr Code invalid_request{"InvalidRequest", 400, "Invalid Request"};
inline constexpr Code invalid_token{"InvalidToken", 400, "The provided token is malformed or otherwise invalid."};
inline constexpr Code invalid_uri{"InvalidURI", 400, "Couldn't parse the specified URI."};
inline constexpr Code key_too_long{"KeyTooLongError", 400, "Your key is too long"};
inline constexpr Code malformed_trailer{"MalformedTrailerError", 400, "The request contained trailing data that was not well-formed or did not conform to our published schema."};
inline constexpr Code malformed_xml{"MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"};
inline constexpr Code metadata_too_large{"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"};
inline constexpr Code method_not_allowed{"MethodNotAllowed", 405, "The specified method is not allowed against this resource."};
inline constexpr Code missing_content_length{"MissingContentLength", 411, "You must provide the Content-Length HTTP header."};
inline constexpr Code no_such_bucket{"NoSuchBucket", 404, "The specified bucket does not exist"};
inline constexpr Code no_such_key{"NoSuchKey", 404, "The specified key does not exist."};
inline constexpr Code no_such_upload{"NoSuchUpload", 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."};
inline constexpr Code no_such_version{"NoSuchVersion", 404, "The specified version does not exist."};
inline constexpr Code not_implemented{"NotImplemented", 501, "A header you provided implies functionality that is not implemented"};
inline constexpr Code precondition_failed{"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"};
inline constexpr Code request_expired{"AccessDenied", 403, "Request has expired"};
inline constexpr Code signature_mismatch{"SignatureDoesNotMatch", 403, "The request signature we calculated does not match the signature you provided. Check your key and signing method."};
inline constexpr Code sha256_mismatch{"XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' header does not match what was computed."};
inline constexpr Code slow_down{"SlowDown", 503, "Please reduce your request rate."};
inline constexpr Code time_skewed{"RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."};
// clang-format on

}  // namespace code

}  // namespace s3pipes::sim
