use v5.36;
use Notes::Service;

Notes::Service->to_app;
