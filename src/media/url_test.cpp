#include <gtest/gtest.h>

#include "mainstream/media.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

TEST(UrlTest, HidesThePasswordAndNothingElse) {
  EXPECT_EQ(without_password("rtsp://user:se/cret@cam:554/live"), "rtsp://user:se/cret@cam:554/live");
  EXPECT_EQ(without_password("rtsp://user:secret@cam:554/live"), "rtsp://user:***@cam:554/live");
  EXPECT_EQ(without_password("rtsp://user:s@cret@cam/live"), "rtsp://user:***@cam/live");
  EXPECT_EQ(without_password("rtsp://user@cam:554/live"), "rtsp://user@cam:554/live");
  EXPECT_EQ(without_password("http://cam:80/a@b:c"), "http://cam:80/a@b:c");
  EXPECT_EQ(without_password("/video/a:b@c.avi"), "/video/a:b@c.avi");
  EXPECT_EQ(without_password(""), "");
}

TEST(UrlTest, HidesSecretsInTheQuery) {
  EXPECT_EQ(without_password("http://cam/v?user=me&Password=x&size=2"),
            "http://cam/v?user=me&Password=***&size=2");
  EXPECT_EQ(without_password("http://cam/v?access_token=x"), "http://cam/v?access_token=***");
}

TEST(UrlTest, HidesInTheMiddleOfAMessage) {
  EXPECT_EQ(without_password("cannot open 'rtsp://a:b@c/d' nor http://e:f@g, sorry"),
            "cannot open 'rtsp://a:***@c/d' nor http://e:***@g, sorry");
}

}  // namespace
}  // namespace mainstream
