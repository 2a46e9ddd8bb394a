-- expect: 运行超过
::again:: goto again
