<?php return ["pool" => 10];
